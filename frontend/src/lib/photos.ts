/** Photos of a form: shown at once, made small, sent one by one while the person goes on writing. */

import { readFacts, type PhotoFacts } from "./exif";
import { shrink } from "./shrink";
import { factFields, upload, UploadError } from "./upload";
import { fill } from "./words";

const HEADER_BYTES = 256 * 1024;

/** Each form's photos that are still on their way; the form waits for them. */
const waiting = new WeakMap<HTMLFormElement, Set<Photo>>();

class Photo {
  readonly item = document.createElement("li");
  private readonly status = document.createElement("span");
  private readonly token = document.createElement("input");
  private readonly address: string;
  private running: Promise<void> | undefined;
  failed = false;

  constructor(
    private readonly file: File,
    private readonly words: DOMStringMap,
    private readonly gone: (photo: Photo) => void,
    private readonly placed: (facts: PhotoFacts) => void,
  ) {
    this.address = URL.createObjectURL(file);
    this.item.className = "photo-item";
    const image = document.createElement("img");
    image.alt = this.words["photo"] ?? "";
    // What the browser cannot draw is told by its words alone.
    image.addEventListener("error", () => image.remove());
    image.src = this.address;
    this.status.className = "photo-status";
    this.status.setAttribute("role", "status");
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "button button-icon";
    remove.textContent = "×";
    remove.setAttribute("aria-label", this.words["remove"] ?? "");
    remove.addEventListener("click", () => this.remove());
    this.token.type = "hidden";
    this.token.name = this.words["field"] ?? "uploads";
    this.token.disabled = true;
    this.status.addEventListener("click", () => {
      if (this.failed) void this.send();
    });
    this.item.append(image, this.status, remove, this.token);
  }

  send(): Promise<void> {
    this.failed = false;
    this.running = this.work();
    return this.running;
  }

  /** Settled when sent; tries a failed one once more. */
  async settle(): Promise<void> {
    await this.running;
    if (this.failed) await this.send();
  }

  /** What a second press does with a photo that could not be sent, said once the first one has found out. */
  get goesWithout(): string {
    return this.words["without"] ?? "";
  }

  private async work(): Promise<void> {
    this.item.classList.remove("is-failed");
    this.status.textContent = this.words["sending"] ?? "";
    try {
      const facts = readFacts(await this.file.slice(0, HEADER_BYTES).arrayBuffer());
      this.placed(facts);
      const small = await this.smaller();
      const sent = await upload(small, "photo.jpg", "photo", factFields(facts), (part) => {
        this.status.textContent = `${this.words["sending"] ?? ""} ${Math.round(part * 100)}%`;
      });
      this.token.value = sent.token;
      this.token.disabled = false;
      this.status.textContent = this.words["sent"] ?? "";
    } catch (error) {
      this.failed = true;
      this.item.classList.add("is-failed");
      const said = error instanceof UploadError ? error.message : "";
      this.status.textContent = said || (this.words["failed"] ?? "");
    }
  }

  private async smaller(): Promise<Blob> {
    try {
      return await shrink(this.file);
    } catch {
      // The browser cannot draw this kind (HEIC on old phones): the server may be able to, or will say why not.
      return this.file;
    }
  }

  private remove(): void {
    URL.revokeObjectURL(this.address);
    this.item.remove();
    this.gone(this);
  }
}

/** Make one `[data-photos]` alive. */
export function photos(root: HTMLElement): void {
  const input = root.querySelector<HTMLInputElement>("input[type=file]");
  const form = root.closest("form");
  if (!input || !form || typeof FormData === "undefined") return;
  // A form with several fields for photos names each (`data-name`); otherwise the tokens are `uploads`.
  const spoken = root.querySelector<HTMLElement>("[data-photo-words]")?.dataset ?? {};
  const words: DOMStringMap = { ...spoken, ...(root.dataset["name"] ? { field: root.dataset["name"] } : {}) };
  const most = Number(root.dataset["max"] ?? "6") || 6;
  const list = document.createElement("ul");
  list.className = "photo-list";
  root.insertBefore(list, root.firstChild);
  const drop = root.querySelector<HTMLElement>(".photo-add");
  const said = document.createElement("p");
  said.className = "field-hint";
  said.setAttribute("role", "status");
  said.dataset["said"] = "";
  root.append(said);
  const kept = new Set<Photo>();
  const all = waiting.get(form) ?? new Set<Photo>();
  waiting.set(form, all);
  const forget = (photo: Photo) => {
    kept.delete(photo);
    all.delete(photo);
    drop?.classList.toggle("is-small", kept.size > 0);
    said.textContent = "";
    input.focus();
  };
  input.addEventListener("change", () => {
    for (const file of Array.from(input.files ?? [])) {
      if (kept.size + root.querySelectorAll(".photo-kept input:checked").length >= most) {
        said.textContent = fill(words["tooMany"], { max: most });
        break;
      }
      const photo = new Photo(file, words, forget, (facts) => offerPlace(form, facts));
      kept.add(photo);
      all.add(photo);
      list.append(photo.item);
      delete form.dataset["photosSettled"];
      void photo.send();
    }
    drop?.classList.toggle("is-small", kept.size > 0);
    // They are sent already: the form need not carry them again.
    input.value = "";
  });
  if (!form.dataset["photosWait"]) {
    form.dataset["photosWait"] = "1";
    form.addEventListener("submit", (event) => void holdUntilSent(event, form, all));
  }
}

async function holdUntilSent(event: SubmitEvent, form: HTMLFormElement, all: Set<Photo>): Promise<void> {
  if (form.dataset["photosSettled"] === "1" || all.size === 0) return;
  event.preventDefault();
  const button = event.submitter instanceof HTMLButtonElement ? event.submitter : null;
  button?.setAttribute("aria-busy", "true");
  await Promise.all(Array.from(all, (photo) => photo.settle()));
  // A form refuses to be sent again while its submit event is still being handed round.
  await new Promise((done) => window.setTimeout(done));
  button?.removeAttribute("aria-busy");
  form.dataset["photosSettled"] = "1";
  const failed = Array.from(all).find((photo) => photo.failed);
  // A second press sends the form without the photos that could not be sent.
  if (failed) {
    const said = failed.item.closest("[data-photos]")?.querySelector("[data-said]");
    if (said) said.textContent = failed.goesWithout;
    failed.item.scrollIntoView({ block: "center" });
  }
  // Not within this submit event: a form does not take a second submit while it handles the first.
  else window.setTimeout(() => form.requestSubmit(button ?? undefined), 0);
}

/** A photo that knows its place fills the form's place, unless the person has chosen one. */
export function offerPlace(form: HTMLFormElement, facts: PhotoFacts): void {
  const longitude = form.elements.namedItem("lon");
  const latitude = form.elements.namedItem("lat");
  if (!(longitude instanceof HTMLInputElement) || !(latitude instanceof HTMLInputElement)) return;
  if (longitude.value || facts.longitude === undefined || facts.latitude === undefined) return;
  form.dispatchEvent(
    new CustomEvent("linli:place", {
      detail: { longitude: facts.longitude, latitude: facts.latitude, by: "photo" },
    }),
  );
}
