/** Choosing many rows: the bar appears with the first tick, Shift ticks a range, one box ticks all. */

import { fill } from "./words";

export function bulk(): void {
  let last: HTMLInputElement | null = null;
  document.addEventListener("click", (event) => {
    const none = event.target instanceof Element ? event.target.closest("[data-bulk-none]") : null;
    const cleared = none?.closest<HTMLFormElement>("form[data-bulk]");
    if (cleared) {
      const all = boxes(cleared);
      for (const other of all) other.checked = false;
      show(cleared, all);
      return;
    }
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || box.type !== "checkbox") return;
    const form = box.form;
    if (!form?.matches("[data-bulk]")) return;
    const all = boxes(form);
    if (box.matches("[data-bulk-all]")) for (const other of all) other.checked = box.checked;
    else if (event.shiftKey && last && all.includes(last)) {
      const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b) as [number, number];
      for (const other of all.slice(from, to + 1)) other.checked = box.checked;
    }
    if (!box.matches("[data-bulk-all]")) last = box;
    show(form, all);
  });
  document.querySelectorAll<HTMLFormElement>("form[data-bulk]").forEach((form) => show(form, boxes(form)));
  document.addEventListener("htmx:afterSettle", () => {
    document.querySelectorAll<HTMLFormElement>("form[data-bulk]").forEach((form) => show(form, boxes(form)));
  });
}

function boxes(form: HTMLFormElement): HTMLInputElement[] {
  return Array.from(form.elements).filter(
    (element): element is HTMLInputElement =>
      element instanceof HTMLInputElement && element.type === "checkbox" && !element.matches("[data-bulk-all]") &&
      element.name === (form.dataset["bulk"] || "item"),
  );
}

function show(form: HTMLFormElement, all: HTMLInputElement[]): void {
  const chosen = all.filter((box) => box.checked);
  for (const box of all) box.closest("[data-key-row], .row, tr")?.classList.toggle("is-chosen", box.checked);
  const bar = form.querySelector<HTMLElement>("[data-bulk-bar]");
  if (bar) bar.hidden = chosen.length === 0;
  const count = form.querySelector<HTMLElement>("[data-bulk-count]");
  if (count) count.textContent = fill(count.dataset["words"], { n: chosen.length });
}
