/** The patrol's phone: one page that works with no network. Docs: docs/patrol.md. */

import { forget } from "../attend/store";
import { ready } from "../lib/page";
import { App } from "./app";
import { localDay } from "./day";
import { begin, h, icon, say } from "./dom";
import { mapPage } from "./ground";
import { problem } from "./problem";
import { newKey } from "./record";
import { site } from "./site";
import { Store } from "./store";
import { Sender, session } from "./sync";
import { today } from "./today";
import type { DayPack } from "./types";
import { waitingPage } from "./waiting";

let shown = "";

function page(app: App, path: string): { parts: HTMLElement[]; tab: string; form: boolean } {
  const parts = path.split("/");
  const day = localDay(new Date());
  if (parts[0] === "site") return { parts: site(app, parts[1] ?? ""), tab: "today", form: false };
  if (parts[0] === "problem") return { parts: problem(app, parts[1] ?? null, parts[2] ? Number(parts[2]) : null), tab: "problem", form: true };
  if (parts[0] === "queue") return { parts: waitingPage(app, day), tab: "queue", form: false };
  if (parts[0] === "map") return { parts: mapPage(app), tab: "map", form: true };
  return { parts: today(app, day), tab: "today", form: false };
}

function path(): string {
  return window.location.hash.replace(/^#\/?/, "");
}

function render(app: App): void {
  const main = document.getElementById("main");
  if (!main) return;
  const now = path();
  const again = now === shown;
  const { parts, tab, form } = page(app, now);
  badge(app);
  // A form keeps what was typed: news of the queue never redraws it.
  if (again && form) return;
  const focus = again ? document.activeElement?.id : "";
  main.replaceChildren(...parts);
  // Named, so that the focus a reader has on it survives a redrawing.
  main.querySelector("h1")?.setAttribute("id", "page-title");
  shown = now;
  for (const link of document.querySelectorAll<HTMLElement>("[data-tab]")) {
    if (link.dataset["tab"] === tab) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
  if (!again) {
    window.scrollTo(0, 0);
    main.querySelector("h1")?.focus({ preventScroll: true });
  }
}

/** The sign at the head: what waits, whether there is a network. */
function badge(app: App): void {
  const element = document.getElementById("sync-badge");
  if (!element) return;
  const records = Array.from(app.kept.values());
  const waiting = records.filter((kept) => kept.stage === "waiting").length;
  const open = app.conflicts().length + records.filter((kept) => kept.stage === "refused").length;
  const status = app.sender.news.status;
  const offline = status === "offline" || !navigator.onLine;
  const text = [
    offline ? say("badge_offline") : "", open > 0 ? say("badge_decide", { n: open }) : "",
    waiting > 0 ? say(status === "sending" ? "badge_sending" : "badge_waiting", { n: waiting }) : "",
  ].filter(Boolean).join(" · ") || say("badge_sent");
  const symbol = open > 0 ? "warning" : waiting > 0 ? "upload" : offline ? "info" : "done";
  element.className = `chip patrol-badge${open > 0 ? " chip-amber" : waiting > 0 ? " chip-blue" : ""}`;
  if (element.textContent !== text) element.replaceChildren(icon(symbol), h("span", {}, text));
  const count = document.getElementById("queue-count");
  if (count) {
    count.hidden = waiting + open === 0;
    count.textContent = String(waiting + open);
  }
}

/** Fetch the day, when there is a network and somebody is signed in. */
async function refresh(app: App): Promise<void> {
  try {
    const answer = await fetch("/api/v1/patrol/day", { headers: { Accept: "application/json" }, cache: "no-store" });
    if (answer.ok) {
      const pack = (await answer.json()) as DayPack;
      await app.store.set("pack", pack);
      app.usePack(pack);
      freshen(pack.csrf);
      app.dayStatus = "fresh";
      void pictures(pack);
    } else app.dayStatus = answer.status === 401 ? "sign_in" : answer.status === 403 ? "refused" : "failed";
  } catch {
    app.dayStatus = "offline";
  }
  render(app);
}

/** Photos of what is open at the sites, so that they are there in a cellar too. */
async function pictures(pack: DayPack): Promise<void> {
  if (!("caches" in window)) return;
  const wanted = new Set(pack.sites.flatMap((place) => place.open.map((finding) => finding.photo)).filter(Boolean));
  const cache = await caches.open("linli-patrol-pictures");
  for (const request of await cache.keys()) if (!wanted.has(new URL(request.url).pathname)) await cache.delete(request);
  for (const address of wanted) if (!(await cache.match(address))) await cache.add(address).catch(() => undefined);
}

/** Forms of a page that came from the cache carry an old token. */
function freshen(csrf: string): void {
  for (const input of document.querySelectorAll<HTMLInputElement>("input[name=csrfmiddlewaretoken]")) input.value = csrf;
}

/** Signing out takes the day off the phone; what is not sent stays, and is sent when its owner signs in again. */
function signingOut(app: App): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.action.endsWith("/logout/") || form.dataset["sure"]) return;
    event.preventDefault();
    const waiting = Array.from(app.kept.values()).filter((kept) => kept.stage === "waiting").length;
    if (waiting > 0 && !window.confirm(say("sign_out_sure", { n: waiting }))) return;
    form.dataset["sure"] = "1";
    void Promise.all([app.store.forget(), forget()]).then(async () => {
      const known = await session();
      if (known.session) freshen(known.session.csrf);
      form.submit();
    });
  });
}

async function start(): Promise<void> {
  const root = document.getElementById("patrol");
  if (!root) return;
  begin(root);
  ready();
  if ("serviceWorker" in navigator) {
    navigator.serviceWorker.register(root.dataset["worker"] ?? "/patrol/worker.js", { scope: "/patrol/" }).catch(console.error);
  }
  const store = await Store.open();
  const app = new App(store);
  app.render = () => render(app);
  let device = await store.get<string>("device");
  if (!device) await store.set("device", (device = newKey()));
  app.sender = new Sender(store, device, () => app.person(), (records) => (records.length > 0 ? app.learn(records) : render(app)));
  const known = await store.pack();
  if (known) app.usePack(known);
  app.learn(await store.all());
  window.addEventListener("hashchange", () => render(app));
  signingOut(app);
  await refresh(app);
  app.sender.nudge();
  await store.prune(Date.now());
  // The day changes while the page stays open, and colleagues work on the same sites.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void refresh(app);
  });
  window.addEventListener("online", () => void refresh(app));
  document.documentElement.dataset["patrol"] = "ready";
}

void start();
