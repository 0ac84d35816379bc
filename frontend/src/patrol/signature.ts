/** A place to sign with a finger. Whoever cannot draws nothing and types the name: that field stands beside it. */

import { h, say } from "./dom";

const INK = "#1b2420";
const PAPER = "#ffffff";

export interface Signature {
  element: HTMLElement;
  /** The drawing as a JPEG; null when nothing was drawn. */
  picture: () => Promise<Blob | null>;
}

export function signature(): Signature {
  const canvas = h("canvas", { class: "patrol-signature", "aria-label": say("sign_here"), role: "img" });
  const clear = h("button", { class: "button button-small", type: "button" }, say("sign_again"));
  let drawn = false;
  let last: [number, number] | null = null;
  const pen = (): CanvasRenderingContext2D | null => {
    const context = canvas.getContext("2d");
    const box = canvas.getBoundingClientRect();
    const scale = Math.min(window.devicePixelRatio || 1, 2);
    const [width, height] = [Math.round(box.width * scale), Math.round(box.height * scale)];
    if (context && !drawn && (canvas.width !== width || canvas.height !== height)) {
      canvas.width = width;
      canvas.height = height;
      context.fillStyle = PAPER;
      context.fillRect(0, 0, width, height);
    }
    return context;
  };
  const at = (event: PointerEvent): [number, number] => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * canvas.width) / box.width, ((event.clientY - box.top) * canvas.height) / box.height];
  };
  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    pen();
    canvas.setPointerCapture(event.pointerId);
    last = at(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    const context = last && pen();
    if (!context || !last) return;
    const now = at(event);
    context.strokeStyle = INK;
    context.lineWidth = Math.max(3, canvas.height / 50);
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...last);
    context.lineTo(...now);
    context.stroke();
    drawn = true;
    last = now;
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (last = null));
  clear.addEventListener("click", () => {
    drawn = false;
    canvas.width = canvas.width + 0;
    canvas.width = 1;
    pen();
  });
  const picture = () => new Promise<Blob | null>((tell) => (drawn ? canvas.toBlob(tell, "image/jpeg", 0.85) : tell(null)));
  return { element: h("div", { class: "patrol-sign" }, canvas, clear), picture };
}
