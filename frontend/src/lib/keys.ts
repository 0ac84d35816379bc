/** The keyboard of the desk: j and k move, Enter opens, x ticks, a letter does the row's step, and the cursor stays. */

const LIST = "[data-key-list]";
const ROW = "[data-key-row]";
const KEPT = "linli-cursor";
const KEPT_MS = 15_000;

/** Whether a key press is meant for a field or a combination of the browser. */
export function isTyping(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true;
  const target = event.target instanceof HTMLElement ? event.target : null;
  if (!target) return false;
  if (target.closest("dialog[open]")) return true;
  const box = target instanceof HTMLInputElement && ["checkbox", "radio", "button"].includes(target.type);
  return !box && (target.isContentEditable || target.matches("input, textarea, select"));
}

/** The index after a move, kept inside the list. */
export function moved(index: number, by: number, count: number): number {
  if (count === 0) return -1;
  if (index < 0) return by > 0 ? 0 : count - 1;
  return Math.min(count - 1, Math.max(0, index + by));
}

function rows(): HTMLElement[] {
  return Array.from(document.querySelectorAll<HTMLElement>(`${LIST} ${ROW}`));
}

function cursor(): HTMLElement | null {
  return document.querySelector<HTMLElement>(`${ROW}.is-cursor`);
}

function go(by: number): void {
  const all = rows();
  const now = cursor();
  const next = all[moved(now ? all.indexOf(now) : -1, by, all.length)];
  if (!next) return;
  now?.classList.remove("is-cursor");
  next.classList.add("is-cursor");
  next.scrollIntoView({ block: "nearest" });
  const link = next.querySelector<HTMLElement>("[data-key-open], .row-title a, a");
  link?.focus({ preventScroll: true });
  if (document.querySelector("[data-panel]") && link?.hasAttribute("hx-get")) link.click();
}

/** Remember where the cursor stands: the step of a row loads the list anew, perhaps without that row. */
function keep(row: HTMLElement): void {
  const place = { list: location.pathname + location.search, index: rows().indexOf(row), at: Date.now() };
  sessionStorage.setItem(KEPT, JSON.stringify(place));
}

/** Put the cursor back where it stood before a step: on the row that has moved up to it. */
export function restore(): void {
  const text = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (!text) return;
  const kept = JSON.parse(text) as { list: string; index: number; at: number };
  const all = rows();
  const row = all[Math.min(kept.index, all.length - 1)];
  if (!row || kept.list !== location.pathname + location.search || Date.now() - kept.at > KEPT_MS) return;
  row.classList.add("is-cursor");
  row.scrollIntoView({ block: "nearest" });
  row.querySelector<HTMLElement>("[data-key-open], .row-title a, a")?.focus({ preventScroll: true });
}

export function closePanel(): void {
  const panel = document.querySelector("[data-panel]");
  if (!panel) return;
  panel.remove();
  cursor()?.querySelector<HTMLElement>("[data-key-open], .row-title a, a")?.focus();
}

function press(event: KeyboardEvent): void {
  if (event.key === "Escape") return closePanel();
  if (isTyping(event)) return;
  const row = cursor();
  if (event.key === "j" || event.key === "k") {
    event.preventDefault();
    go(event.key === "j" ? 1 : -1);
  } else if (event.key === "Enter" && row && event.target === document.body) {
    row.querySelector<HTMLElement>("[data-key-open], .row-title a, a")?.click();
  } else if (event.key === "x" && row) {
    row.querySelector<HTMLInputElement>("input[type=checkbox]")?.click();
  } else if (event.key === "?") {
    const help = document.querySelector("#keys");
    if (help instanceof HTMLDialogElement) help.showModal();
  } else if (event.key.length === 1) {
    letter(event, row);
  }
}

function letter(event: KeyboardEvent, row: HTMLElement | null): void {
  const key = CSS.escape(event.key);
  const focus = document.querySelector<HTMLElement>(`[data-key-focus="${key}"]`);
  if (focus) {
    event.preventDefault();
    focus.focus();
    return;
  }
  const panel = document.querySelector("[data-panel]");
  const outside = Array.from(document.querySelectorAll<HTMLElement>(`[data-key="${key}"]`));
  const target =
    panel?.querySelector<HTMLElement>(`[data-key="${key}"]`) ??
    row?.querySelector<HTMLElement>(`[data-key="${key}"]`) ??
    outside.find((element) => !element.closest(ROW));
  if (!target) return;
  event.preventDefault();
  if (row) keep(row);
  target.click();
}

export function keys(): void {
  restore();
  document.addEventListener("keydown", press);
  document.addEventListener("focusin", (event) => {
    const row = event.target instanceof Element ? event.target.closest(ROW) : null;
    if (!row || row.classList.contains("is-cursor")) return;
    cursor()?.classList.remove("is-cursor");
    row.classList.add("is-cursor");
  });
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-close-panel]")) {
      event.preventDefault();
      closePanel();
    }
  });
}
