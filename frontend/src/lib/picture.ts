/** Saves a chart or map as it is seen as a PNG: its title above, the moment and the place below. */

const PADDING = 24;
const LINE = 28;

export interface Words {
  title: string;
  note: string;
  ink: string;
  ground: string;
  font: string;
}

/** A name that every file system takes. */
export function fileName(words: string): string {
  return `${words.replace(/[\\/:*?"<>|\s]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 80) || "linli"}.png`;
}

/** The canvas with its words around it; `ratio` is how many of its pixels are one of the page's. */
export function framed(picture: HTMLCanvasElement, words: Words, ratio: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  const [side, line] = [PADDING * ratio, LINE * ratio];
  canvas.width = picture.width + 2 * side;
  canvas.height = picture.height + 2 * side + 2 * line;
  const context = canvas.getContext("2d");
  if (!context) return picture;
  context.fillStyle = words.ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = words.ink;
  context.textBaseline = "middle";
  context.font = `600 ${20 * ratio}px ${words.font}`;
  context.fillText(words.title, side, side + line / 2, picture.width);
  context.drawImage(picture, side, side + line);
  context.font = `${14 * ratio}px ${words.font}`;
  context.fillText(words.note, side, canvas.height - side, picture.width);
  return canvas;
}

function keep(canvas: HTMLCanvasElement, name: string): void {
  canvas.toBlob((blob) => {
    if (!blob) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }, "image/png");
}

/** Buttons `data-png="#element"`: the element answers `linli:picture` with its canvas (board.ts, map.ts). */
export function pictures(): void {
  for (const button of document.querySelectorAll<HTMLElement>("[data-png]")) {
    button.addEventListener("click", () => {
      const target = document.querySelector<HTMLElement>(button.dataset["png"] ?? "");
      if (!target) return;
      const style = getComputedStyle(document.documentElement);
      const words = {
        title: button.dataset["title"] ?? "", note: button.dataset["note"] ?? "",
        ink: style.getPropertyValue("--ink").trim(), ground: style.getPropertyValue("--surface").trim(),
        font: style.getPropertyValue("--font").trim(),
      };
      const answer = (canvas: HTMLCanvasElement) => {
        const ratio = canvas.clientWidth > 0 ? canvas.width / canvas.clientWidth : 1;
        keep(framed(canvas, words, ratio), fileName(words.title));
      };
      target.dispatchEvent(new CustomEvent("linli:picture", { detail: answer }));
    });
  }
}
