/** Photos of a form: shown at once, made small, sent one by one while the person goes on writing. Where documents are
 *  taken as well (`data-documents`), a PDF is sent as it is and shown by its name. */

import { readFacts, type PhotoFacts } from "./exif";
import { shrink } from "./shrink";
import { factFields, type Sent, upload, UploadError } from "./upload";
import { fill } from "./words";

const HEADER_BYTES = 256 * 1024;

/** Whether a file is no photo: a PDF, or what the server will say about what to do with it (some have no type). */
const isPaperFile = (file: File): boolean =>
  /\.pdf$/i.test(file.name) || (file.type !== "" && !file.type.startsWith("image/"));

/** Each form's photos that are still on their way; the form waits for them. */
const waiting = new WeakMap<HTMLFormElement, Set<Photo>>();

class Photo {
  readonly item = document.createElement("li");
  private readonly status = document.createElement("span");
  private readonly token = document.createElement("input");
  private readonly address: string = "";
  private running: Promise<void> | undefined;
  failed = false;

  constructor(
    private readonly file: File,
    private readonly words: DOMStringMap,
    private readonly gone: (photo: Photo) => void,
    private readonly placed: (facts: PhotoFacts) => void,
    private readonly isPaper: boolean,
  ) {
    this.item.className = "photo-item";
    const shown = isPaper ? document.createElement("span") : document.createElement("img");
    if (shown instanceof HTMLImageElement) {
      this.address = URL.createObjectURL(file);
      shown.alt = this.words["photo"] ?? "";
      // What the browser cannot draw is told by its words alone.
      shown.addEventListener("error", () => shown.remove());
      shown.src = this.address;
    } else {
      shown.className = "photo-paper";
      shown.textContent = file.name;
    }
    this.status.className = "photo-status";
    this.status.setAttribute("role", "status");
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "button button-icon";
    remove.textContent = "×";
    remove.setAttribute("aria-label", this.words[isPaper ? "removeFile" : "remove"] ?? "");
    remove.addEventListener("click", () => this.remove());
    this.token.type = "hidden";
    this.token.name = this.words["field"] ?? "uploads";
    this.token.disabled = true;
    this.status.addEventListener("click", () => {
      if (this.failed) void this.send();
    });
    this.item.append(shown, this.status, remove, this.token);
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
    const progress = (part: number): void => {
      this.status.textContent = `${this.words["sending"] ?? ""} ${Math.round(part * 100)}%`;
    };
    try {
      const sent = await (this.isPaper ? this.paper(progress) : this.photo(progress));
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

  private async photo(progress: (part: number) => void): Promise<Sent> {
    const facts = readFacts(await this.file.slice(0, HEADER_BYTES).arrayBuffer());
    this.placed(facts);
    return upload(await this.smaller(), "photo.jpg", "photo", factFields(facts), progress);
  }

  private paper(progress: (part: number) => void): Promise<Sent> {
    return upload(this.file, this.file.name, "document", [], progress);
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
    if (this.address) URL.revokeObjectURL(this.address);
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
      const isPaper = root.dataset["documents"] !== undefined && isPaperFile(file);
      const photo = new Photo(file, words, forget, (facts) => offerPlace(form, facts), isPaper);
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
