/** A map on paper: a page is laid out anew for it and what was drawn is lost, so a copy of the screen is printed. */

import type { Map as LibreMap } from "maplibre-gl";

/** No map fills a sheet, in centimetres: what it belongs to stands on the same one. */
const HIGHEST_CM = 11;

/**
 * Lay a copy of what is seen over the map while the page is printed; its pins keep their places at any width.
 * Paper is light: what was drawn in the colours of a dark screen is turned, unless a base map shines through.
 */
export function printable(element: HTMLElement, map: LibreMap): void {
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark" && !map.getSource("tiles");
  window.addEventListener("beforeprint", () => {
    element.querySelector(".map-paper")?.remove();
    const paper = copied(map);
    paper.classList.toggle("map-paper-dark", dark);
    element.append(paper);
  });
  window.addEventListener("afterprint", () => element.querySelector(".map-paper")?.remove());
}

function copied(map: LibreMap): HTMLElement {
  // The drawing buffer is only there until the task in which it was drawn ends.
  map.redraw();
  const drawn = map.getCanvas();
  const paper = document.createElement("div");
  paper.className = "map-paper";
  paper.style.aspectRatio = `${drawn.width} / ${drawn.height}`;
  paper.style.width = `min(100%, ${(HIGHEST_CM * drawn.width) / drawn.height}cm)`;
  const picture = document.createElement("canvas");
  [picture.width, picture.height] = [drawn.width, drawn.height];
  picture.getContext("2d")?.drawImage(drawn, 0, 0);
  paper.append(picture);
  const box = drawn.getBoundingClientRect();
  map.getContainer().querySelectorAll<HTMLElement>("span.map-pin").forEach((pin) => {
    const at = pin.getBoundingClientRect();
    const copy = pin.cloneNode(true) as HTMLElement;
    copy.removeAttribute("style");
    copy.className = "map-pin";
    copy.style.left = `${(100 * (at.left + at.width / 2 - box.left)) / box.width}%`;
    copy.style.top = `${(100 * (at.bottom - box.top)) / box.height}%`;
    paper.append(copy);
  });
  return paper;
}
