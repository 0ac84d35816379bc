/** Short messages at the foot of the page: what was recorded, with a way back; what did not work. */

import { toast } from "../lib/toasts";
import { h, icon, say } from "./dom";

function show(element: HTMLElement): void {
  const box = document.getElementById("messages");
  if (!box) return;
  // One at a time: what was recorded last is what somebody may want back.
  box.replaceChildren(element);
  toast(element);
}

/** Something was done and can be undone for some seconds. */
export function undoable(text: string, seconds: number, undo: () => void): void {
  const element = h("div", { class: "toast", "data-seconds": seconds }, icon("done"), h("p", {}, text));
  const back = h("button", { class: "button", type: "button", id: "undo" }, icon("undo"), say("undo"));
  back.addEventListener("click", () => {
    element.remove();
    undo();
  });
  element.append(h("span", { class: "number", "data-countdown": true, "aria-hidden": "true" }), back);
  show(element);
}

/** Something did not work; it says what was kept and what to do. */
export function failure(text: string): void {
  const element = h("div", { class: "toast toast-error", role: "alert" }, icon("error"), h("p", {}, text));
  const close = h("button", { class: "button", type: "button" }, say("close"));
  close.addEventListener("click", () => element.remove());
  element.append(close);
  show(element);
}

/** Something worked. */
export function success(text: string): void {
  show(h("div", { class: "toast" }, icon("done"), h("p", {}, text)));
}
