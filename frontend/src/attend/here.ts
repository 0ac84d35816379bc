/** One's own check-in by position, by the leader's code or its digits, with a network or without: it is kept first, then sent. */

import { Scanner } from "../counter/scanner";
import { Page } from "./pages";
import type { Answer } from "./send";
import type { Kept } from "./store";

const WAIT = 30_000;

/** The code in what was scanned: the address of this activity's check-in with `c=`. */
export function codeIn(text: string, path: string): string {
  const found = /^https?:\/\/[^/]+(\/activities\/\d+\/here\/)\?c=(\d+-[a-z2-7]{16})$/.exec(text.trim());
  return found && found[1] === path ? (found[2] ?? "") : "";
}

/** What comes next: leaving, where anything waits on the phone (the last check-out stands), else as the page says. */
export function next(waiting: readonly Kept[], told: string): "in" | "out" {
  return told === "out" || waiting.some((one) => one.kind === "own" && !one.refused) ? "out" : "in";
}

export function here(root: HTMLElement): void {
  let out = root.dataset["next"] === "out";
  const page: Page = new Page(root, async () => {
    const waiting = (await page.mine()).filter((one) => !one.refused);
    out = next(waiting, root.dataset["next"] ?? "") === "out";
    for (const word of document.querySelectorAll<HTMLElement>("[data-in]")) word.textContent = (out ? word.dataset["out"] : word.dataset["in"]) ?? "";
    const latest = waiting.pop();
    if (!latest) return;
    const time = new Date(latest.at).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
    page.say(`${page.word(latest.data["out"] ? "saidOut" : "saidIn")} ${time} · ${page.word("saidKept")}`);
  });
  const keep = async (button: HTMLElement, data: Kept["data"]) => {
    await told(page, button, await page.add("own", { ...data, out }));
  };
  const code = root.querySelector<HTMLElement>("[data-scanned]");
  const scanned = new URLSearchParams(window.location.search).get("c");
  if (code && scanned) {
    code.hidden = false;
    root.querySelector("[data-position-button]")?.classList.remove("button-primary");
    code.addEventListener("click", () => void keep(code, { code: scanned }).then(() => (code.hidden = true)));
  }
  root.querySelector<HTMLElement>("[data-position-button]")?.addEventListener("click", (event) => locate(event.currentTarget as HTMLElement, page, keep));
  scanning(root, page, keep);
  forms((button, data) => page.add("own", data).then((became) => told(page, button, became)));
  void page.start();
}

type Became = "sent" | "kept" | Answer;

/** After a tap: the page as the server sees it now, or what the phone keeps, or why not. */
async function told(page: Page, button: HTMLElement, became: Became): Promise<boolean> {
  button.removeAttribute("aria-busy");
  if (became === "sent") window.location.assign(window.location.pathname);
  else if (became === "kept") await page.refresh();
  else page.say(became.text || clock(page, became));
  return became === "sent" || became === "kept";
}

/** The forms of what was scanned and of typed digits: kept first, so that a line that drops at the tap loses nothing. */
function forms(keep: (button: HTMLElement, data: Kept["data"]) => Promise<boolean>): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-proof], form[data-digits-form]"))
    form.addEventListener("submit", (event) => {
      const button = event.submitter;
      if (!(button instanceof HTMLButtonElement)) return;
      event.preventDefault();
      if (button.getAttribute("aria-busy")) return;
      button.setAttribute("aria-busy", "true");
      const fields = new FormData(form, button);
      const by = form.dataset["proof"] ? { proof: form.dataset["proof"] } : { digits: String(fields.get("digits")).replace(/\s/g, "") };
      void keep(button, { ...by, out: fields.get("act") === "out" }).then((good) => {
        if (!good) return;
        form.hidden = form.dataset["proof"] !== undefined;
        form.reset();
      });
    });
}

type Keep = (button: HTMLElement, data: Kept["data"]) => Promise<void>;

function clock(page: Page, answer: Answer): string {
  return page.word("saidClock").replace("{n}", String(Math.abs(answer.clock_off_minutes ?? 0)));
}

/** The position is read when the button is pressed, and only then. */
function locate(button: HTMLElement, page: Page, keep: Keep): void {
  if (button.getAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  const failed = () => {
    button.removeAttribute("aria-busy");
    page.say(page.word("saidNowhere"));
  };
  if (!("geolocation" in navigator)) return failed();
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => void keep(button, { lon: Number(coords.longitude.toFixed(6)), lat: Number(coords.latitude.toFixed(6)), accuracy: Math.round(coords.accuracy) }),
    failed,
    { enableHighAccuracy: true, timeout: WAIT, maximumAge: 0 },
  );
}

function scanning(root: HTMLElement, page: Page, keep: Keep): void {
  const button = root.querySelector<HTMLElement>("[data-scan]");
  const video = root.querySelector("video");
  if (!button || !video || !navigator.mediaDevices) return;
  button.hidden = false;
  const scanner = new Scanner(video);
  button.addEventListener("click", () => {
    if (!video.hidden) {
      scanner.stop();
      video.hidden = true;
      return;
    }
    video.hidden = false;
    let found = "";
    scanner
      .start((text) => (found = codeIn(text, window.location.pathname)) !== "")
      .then(() => (found ? keep(button, { code: found }) : undefined))
      .catch(() => page.say(page.word("saidNoCamera")))
      .finally(() => (video.hidden = true));
  });
}
