/** What every page does with scripts: each behaviour hangs on a data attribute and works on swapped-in parts too. */

import { found } from "./found";
import { leaving } from "./leaving";
import { map } from "./maps";
import { waitsForNetwork } from "./offline";
import { photos } from "./photos";
import { place } from "./place";
import { saysWhere } from "./position";
import { toast } from "./toasts";
import { voice } from "./voice";

const BEHAVIOURS: [string, (element: HTMLElement) => void][] = [
  ["form[data-offline]", waitsForNetwork],
  // First: what others do when a form is sent waits until it knows where it is.
  ["form[data-here]", saysWhere],
  ["[data-photos]", photos],
  ["[data-map]", map],
  ["[data-place]", place],
  ["[data-voice]", voice],
  ["[data-attend]", (element) => void import("../attend/main").then(({ attend }) => attend(element))],
  ["[data-toast]", toast],
  // After [data-photos], whose form waits for its photos: only what is really sent counts as sent.
  ["[data-once]", sendsOnce],
  ["[data-needs-script]", (element) => element.removeAttribute("hidden")],
  [".found", found],
  [".tabs", showsCurrent],
  ["[data-copy]", copies],
  ["[data-print]", prints],
  ["[data-auto-submit]", submitsItself],
  ["[data-focus]", (element) => element.focus()],
];

/** Give a part of the page its behaviours; each element gets each behaviour once. */
export function enliven(root: ParentNode): void {
  for (const [selector, act] of BEHAVIOURS) {
    const found = Array.from(root.querySelectorAll<HTMLElement>(selector));
    if (root instanceof HTMLElement && root.matches(selector)) found.unshift(root);
    for (const element of found) {
      const mark = `has${selector.replace(/[^a-z]/g, "")}`;
      if (element.dataset[mark]) continue;
      element.dataset[mark] = "1";
      act(element);
    }
  }
}

/** A button that prints the page; without scripts it is not shown. */
function prints(button: HTMLElement): void {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

function copies(button: HTMLElement): void {
  if (!navigator.clipboard) {
    button.hidden = true;
    return;
  }
  button.addEventListener("click", () => {
    const source = document.querySelector<HTMLElement>(button.dataset["copy"] ?? "");
    const text = source instanceof HTMLInputElement ? source.value : (source?.textContent ?? "");
    void navigator.clipboard.writeText(text.trim()).then(() => {
      const before = button.textContent;
      button.textContent = "✓";
      window.setTimeout(() => (button.textContent = before), 1500);
    });
  });
}

/** Tabs that do not fit scroll sideways: the chosen one is in sight from the start. */
function showsCurrent(tabs: HTMLElement): void {
  const current = tabs.querySelector<HTMLElement>("[aria-current]");
  if (current) tabs.scrollLeft = current.offsetLeft - (tabs.clientWidth - current.offsetWidth) / 2;
}

function submitsItself(form: HTMLElement): void {
  form.addEventListener("change", () => (form as HTMLFormElement).requestSubmit());
}

/** A second press of the button does not send the form again; coming back to the page lets it go again. */
function sendsOnce(form: HTMLElement): void {
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (form.dataset["sending"]) {
      event.preventDefault();
      return;
    }
    form.dataset["sending"] = "1";
    form.querySelectorAll("button[type=submit]").forEach((button) => button.setAttribute("aria-busy", "true"));
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    delete form.dataset["sending"];
    form.querySelectorAll("button[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
  });
}

function dialogs(event: Event): void {
  const target = event.target instanceof Element ? event.target : null;
  const opener = target?.closest<HTMLElement>("[data-open-dialog]");
  if (opener) {
    const dialog = document.querySelector(opener.dataset["openDialog"] ?? "");
    if (dialog instanceof HTMLDialogElement) dialog.showModal();
  }
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) {
    if (!target || !menu.contains(target)) menu.open = false;
  }
}

/** A menu that opens and would be cut off at the left, by the page or by the panel it stands in, begins at its button. */
function opens(event: Event): void {
  const menu = event.target;
  if (!(menu instanceof HTMLDetailsElement) || !menu.open || !menu.matches(".menu")) return;
  const list = menu.querySelector(".menu-panel");
  const edge = (menu.closest(".side-panel") ?? document.documentElement).getBoundingClientRect().left;
  list?.classList.remove("is-start");
  list?.classList.toggle("is-start", list.getBoundingClientRect().left < edge);
}

function escape(event: KeyboardEvent): void {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary")?.focus();
  }
}

/** Start the page. */
export function ready(): void {
  document.documentElement.classList.add("scripted");
  document.addEventListener("click", dialogs);
  document.addEventListener("keydown", escape);
  document.addEventListener("toggle", opens, true);
  enliven(document);
  leaving();
}
