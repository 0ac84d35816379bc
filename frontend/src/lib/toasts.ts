/** Short messages at the foot: they leave by themselves, wait while someone reads them, and can carry an undo. */

const READ_MILLISECONDS = 6000;

/** How long a toast stays: its own seconds when it offers an undo, longer for longer texts otherwise. */
export function stay(seconds: string | undefined, text: string): number {
  const own = Number(seconds);
  return own > 0 ? own * 1000 : READ_MILLISECONDS + Math.min(text.length, 100) * 60;
}

export function toast(element: HTMLElement): void {
  if (element.dataset["alive"]) return;
  element.dataset["alive"] = "1";
  const shown = element.querySelector<HTMLElement>("[data-countdown]");
  const undo = Boolean(element.dataset["seconds"]);
  let left = stay(element.dataset["seconds"], element.textContent ?? "");
  let paused = false;
  const pause = () => (paused = true);
  const go = () => (paused = false);
  // Errors stay until closed by the next page; an undo keeps its own clock, since the server does.
  if (element.classList.contains("toast-error")) return;
  if (!undo) {
    element.addEventListener("pointerenter", pause);
    element.addEventListener("focusin", pause);
    element.addEventListener("pointerleave", go);
    element.addEventListener("focusout", go);
  }
  const tick = window.setInterval(() => {
    if (!element.isConnected) window.clearInterval(tick);
    if (paused) return;
    left -= 250;
    if (shown) shown.textContent = String(Math.max(0, Math.ceil(left / 1000)));
    if (left <= 0) {
      window.clearInterval(tick);
      element.remove();
    }
  }, 250);
}
