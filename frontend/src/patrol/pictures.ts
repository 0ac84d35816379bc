/** Photos and a spoken note of a form, kept on the phone until the record is made. */

import { voice } from "../lib/voice";
import { h, icon, say } from "./dom";
import { note, photo } from "./record";
import type { FileNote } from "./types";

const MOST = 6;

/** Files that a form holds: their notes in order, and their bytes. */
export class Held {
  readonly notes: FileNote[] = [];
  readonly blobs = new Map<string, Blob>();

  add(one: FileNote, blob: Blob): void {
    this.notes.push(one);
    this.blobs.set(one.id, blob);
  }

  remove(id: string): void {
    const at = this.notes.findIndex((one) => one.id === id);
    if (at >= 0) this.notes.splice(at, 1);
    this.blobs.delete(id);
  }
}

/** A button for the camera and what it took. `pending` counts photos that are still being made small. */
export function pictures(held: Held, id: string, label: string, pending: (delta: number) => void): HTMLElement {
  const list = h("ul", { class: "photo-list" });
  const status = h("p", { class: "field-hint", role: "status" });
  const drop = h("label", { class: "photo-drop photo-add", for: id }, icon("camera"), h("span", {}, label));
  const input = h("input", { class: "photo-input", id, type: "file", accept: "image/*", capture: "environment", multiple: true });
  const count = () => held.notes.filter((one) => one.kind === "photo").length;
  const refresh = () => {
    drop.classList.toggle("is-small", list.childElementCount > 0);
    status.textContent = "";
  };
  const take = async (file: File) => {
    pending(1);
    try {
      const { note: made, blob } = await photo(file);
      held.add(made, blob);
      list.append(thumbnail(blob, () => {
        held.remove(made.id);
        refresh();
        input.focus();
      }));
      refresh();
    } catch {
      status.textContent = say("photo_unreadable");
    } finally {
      pending(-1);
    }
  };
  input.addEventListener("change", () => {
    const files = Array.from(input.files ?? []);
    input.value = "";
    void (async () => {
      for (const file of files) {
        if (count() >= MOST) {
          status.textContent = say("photos_enough", { max: MOST });
          return;
        }
        await take(file);
      }
    })();
  });
  return h("div", { class: "photos" }, list, drop, input, status);
}

function thumbnail(blob: Blob, removed: () => void): HTMLElement {
  const address = URL.createObjectURL(blob);
  const item = h("li", { class: "photo-item" }, h("img", { alt: say("photo"), src: address }));
  item.append(h("button", {
    class: "button button-icon", type: "button", "aria-label": say("remove_photo"), onclick: () => {
      URL.revokeObjectURL(address);
      item.remove();
      removed();
    },
  }, "×"));
  return item;
}

/** A spoken note; nothing where the browser cannot record. */
export function spoken(held: Held): HTMLElement {
  const label = h("span", { "data-voice-label": true, "data-start": say("speak"), "data-stop": say("speak_done") }, say("speak"));
  const status = h("span", {
    class: "soft", role: "status", "data-voice-status": true, "data-refused": say("no_microphone"), "data-sending": "",
    "data-sent": say("voice_kept"), "data-failed": say("voice_failed"),
  });
  const root = h("div", { class: "voice-recorder", "data-limit": "120", "data-name": "voice", hidden: true },
    h("button", { class: "button", type: "button", "data-voice-start": true }, icon("voice"), label),
    h("span", { class: "number", "data-voice-time": true, "aria-hidden": "true" }), status);
  voice(root, (sound) => {
    for (const old of held.notes.filter((one) => one.kind === "audio")) held.remove(old.id);
    const made = note("audio", sound);
    held.add(made, sound);
    return Promise.resolve(made.id);
  });
  return root;
}
