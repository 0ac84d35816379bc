/** A round's page while teams are out: its map and its figures follow, the lists stay until somebody asks for them. */

import { fill } from "./words";

const PAUSE = 20_000;

interface Progress {
  done: number;
  asked: number;
  share: number;
}

/** `[data-live]` names the address of the points and the mark of what is shown; within it `[data-live-map] .map`. */
export function live(root: HTMLElement): void {
  let mark = root.dataset["liveMark"] ?? "";
  const look = async () => {
    if (document.visibilityState !== "visible") return;
    try {
      const answer = await fetch(root.dataset["live"] ?? "", { headers: { Accept: "application/geo+json", "If-None-Match": mark }, cache: "no-store" });
      if (!answer.ok) return;
      mark = answer.headers.get("ETag") ?? "";
      const read = (await answer.json()) as { progress: Progress };
      root.querySelector(".map")?.dispatchEvent(new CustomEvent("linli:items", { detail: read }));
      show(root, read.progress);
    } catch {
      // No network for a while: what is shown stays, and the next look tells.
    }
  };
  window.setInterval(() => void look(), PAUSE);
  document.addEventListener("visibilitychange", () => void look());
}

function show(root: HTMLElement, progress: Progress): void {
  const number = root.querySelector("[data-live-share]");
  if (number) number.textContent = String(progress.share);
  const note = root.querySelector<HTMLElement>("[data-live-note]");
  if (note) note.textContent = fill(root.dataset["liveWord"], { done: progress.done, asked: progress.asked });
  for (const element of root.querySelectorAll<HTMLElement>("[data-live-news]")) element.hidden = false;
}
