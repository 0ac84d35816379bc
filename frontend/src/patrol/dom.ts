/** Small helpers for building pages: elements, icons, the words that the page brought along. */

import { fill } from "../lib/words";

type Child = Node | string | null | undefined | false;
type Value = string | number | boolean | null | undefined | ((event: Event) => void);

/** An element: `h("button", { class: "button", onclick: act }, "text")`. False and null attributes are left out. */
export function h<K extends keyof HTMLElementTagNameMap>(name: K, values: Record<string, Value> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(values)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false));
  return element;
}

let sprite = "";
let texts: Record<string, string> = {};

/** Read what the page brought: the address of the icons, and all words in the reader's language. */
export function begin(root: HTMLElement): void {
  sprite = root.dataset["icons"] ?? "";
  texts = JSON.parse(document.getElementById("patrol-words")?.textContent ?? "{}") as Record<string, string>;
}

/** A text of the page with {name} filled in. */
export function say(key: string, values: Record<string, string | number> = {}): string {
  return fill(texts[key] ?? key, values);
}

/** An icon of the sprite. */
export function icon(name: string): SVGSVGElement {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${name}`);
  drawing.append(use);
  return drawing;
}

/** 09:12, of today; with the day when it is another. */
export function moment(iso: string, now = new Date()): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "";
  const two = (value: number) => String(value).padStart(2, "0");
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  return at.toDateString() === now.toDateString() ? time : `${at.getMonth() + 1}-${at.getDate()} ${time}`;
}

/** A notice in the house's shape. */
export function notice(tone: "info" | "warn" | "good" | "error", title: string, text = "", ...more: Child[]): HTMLElement {
  const symbol = { info: "info", warn: "warning", good: "done", error: "error" }[tone];
  const box = h("div", { class: `notice notice-${tone}`, role: tone === "error" ? "alert" : null });
  box.append(icon(symbol), h("div", {}, h("strong", {}, title), text ? h("p", {}, text) : null, ...more));
  return box;
}
