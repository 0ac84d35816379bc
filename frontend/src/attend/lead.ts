/** The leader's list: ticks and walk-ins are sent at once; without network they are kept and sent when there is one. */

import { Page } from "./pages";
import type { Kept } from "./store";

/** Whether somebody came or left last, by what waits on the phone. */
export function last(waiting: readonly Kept[], person: number): "in" | "out" | "" {
  const found = waiting.filter((one) => one.kind === "tick" && one.data["person"] === person && !one.refused).pop();
  return !found ? "" : found.data["out"] ? "out" : "in";
}

export function lead(root: HTMLElement): void {
  const page: Page = new Page(root, async () => {
    const waiting = await page.mine();
    for (const form of root.querySelectorAll<HTMLFormElement>("form[data-tick]")) overlay(form, page, waiting);
    const walked = waiting.filter((one) => one.kind === "walk_in" && !one.refused);
    root.querySelector("[data-walked]")?.replaceChildren(...walked.map((one) => row(one, page)));
    if (waiting.some((one) => !one.refused)) page.say(page.word("saidKept"));
  });
  root.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    if (!(form instanceof HTMLFormElement) || !(button instanceof HTMLButtonElement)) return;
    const fields = new FormData(form);
    if (form.matches("[data-tick]")) {
      event.preventDefault();
      void act(page, form, button, "tick", { person: Number(fields.get("person")), out: button.value === "out" });
    } else if (button.value === "walk_in") {
      event.preventDefault();
      void act(page, form, button, "walk_in", { name: String(fields.get("name")), phone: String(fields.get("phone")) });
    }
  }, true);
  void page.start();
}

async function act(page: Page, form: HTMLFormElement, button: HTMLButtonElement, kind: Kept["kind"], data: Kept["data"]): Promise<void> {
  if (button.getAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  const became = await page.add(kind, data);
  if (became === "sent") {
    window.location.reload();
    return;
  }
  button.removeAttribute("aria-busy");
  if (became !== "kept") page.say(became.text);
  else {
    if (kind === "walk_in") form.reset();
    await page.refresh();
  }
}

/** A form as what waits on the phone makes it: who came can leave, who left is done. */
function overlay(form: HTMLFormElement, page: Page, waiting: readonly Kept[]): void {
  const state = last(waiting, Number(new FormData(form).get("person")));
  if (!state) return;
  const hidden = Array.from(form.querySelectorAll("input[type=hidden]"));
  const leave = document.createElement("button");
  leave.className = "button button-large button-quiet tick-button";
  leave.name = "act";
  leave.value = "out";
  leave.textContent = page.word("saidGo");
  form.replaceChildren(...hidden, chip(page.word(state === "in" ? "saidIn" : "saidOut")), ...(state === "in" ? [leave] : []));
}

function row(one: Kept, page: Page): HTMLElement {
  const item = document.createElement("li");
  item.className = "row";
  const main = document.createElement("div");
  main.className = "row-main";
  const title = document.createElement("p");
  title.className = "row-title";
  title.textContent = String(one.data["name"]);
  const meta = document.createElement("div");
  meta.className = "row-meta numeric";
  meta.textContent = String(one.data["phone"]);
  main.append(title, meta);
  item.append(main, chip(page.word("saidWaits")));
  return item;
}

function chip(text: string): HTMLElement {
  const note = document.createElement("span");
  note.className = "chip chip-amber";
  note.textContent = text;
  return note;
}
