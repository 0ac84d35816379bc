/** The form of a captain in steps of at most three choices: photo, speech or words; then send. All is kept as entered. */

import { readFacts } from "../lib/exif";
import { shrink } from "../lib/shrink";
import { empty, said, unfinished, type Draft, type Drafts, type Picture } from "./drafts";
import { kind, record, type Recording } from "./recorder";
import type { News, Sender } from "./send";

const HEADER_BYTES = 256 * 1024;

type Step = "choose" | "speak" | "tell";

async function picture(file: File): Promise<Picture> {
  const facts = readFacts(await file.slice(0, HEADER_BYTES).arrayBuffer());
  const blob = await shrink(file).catch(() => file);
  return {
    blob, ...(facts.takenAt ? { taken_at: facts.takenAt } : {}),
    ...(facts.longitude !== undefined && facts.latitude !== undefined ? { lon: facts.longitude, lat: facts.latitude } : {}),
  };
}

export class CaptainForm {
  private draft: Draft;
  private recording: Recording | null = null;
  private readonly words: HTMLTextAreaElement;

  constructor(private readonly form: HTMLFormElement, private readonly drafts: Drafts, private readonly sender: () => Sender) {
    const key = form.querySelector<HTMLInputElement>("input[name=key]")?.value ?? "";
    this.draft = empty(key, form.dataset["person"] ?? "");
    this.words = this.part("#words") as HTMLTextAreaElement;
  }

  private part(selector: string): HTMLElement {
    return this.form.querySelector<HTMLElement>(selector) as HTMLElement;
  }

  private word(name: string): string {
    return this.form.dataset[`word${name}`] ?? "";
  }

  /** Go on where somebody was, and listen. */
  async start(): Promise<void> {
    const known = unfinished(await this.drafts.all(), this.draft.person, Date.now());
    if (known) {
      this.draft = known;
      this.words.value = known.words;
      this.problem(known.refused || this.word("Restored"));
    } else this.draft.words = this.words.value;
    this.part("[data-speak]").hidden = kind() === "";
    this.part("[data-speak]").addEventListener("click", () => void this.speak());
    this.part("[data-spoken]").addEventListener("click", () => void this.spoken());
    this.part("[data-silent]").addEventListener("click", () => void this.silent());
    this.part("[data-write]").addEventListener("click", () => {
      this.show("tell");
      this.words.focus();
    });
    this.taking("#photos", "photos");
    this.taking("#after", "after");
    this.words.addEventListener("input", () => {
      this.draft.words = this.words.value;
      void this.keep();
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
    this.draw();
    this.show(said(this.draft) ? "tell" : "choose");
  }

  private show(step: Step): void {
    for (const part of this.form.querySelectorAll<HTMLElement>("[data-step]")) part.hidden = part.dataset["step"] !== step;
  }

  private problem(text: string): void {
    const box = this.part("[data-captain-problem]");
    box.hidden = text === "";
    (box.querySelector("span") as HTMLElement).textContent = text;
  }

  private async keep(): Promise<boolean> {
    try {
      await this.drafts.put(this.draft);
      return true;
    } catch {
      this.problem(this.word("Full"));
      return false;
    }
  }

  private taking(selector: string, where: "photos" | "after"): void {
    const input = this.part(selector) as HTMLInputElement;
    input.addEventListener("change", () => {
      const [file, most] = [input.files?.[0], Number(this.form.dataset["most"])];
      input.value = "";
      if (!file || this.draft[where].length >= most) return;
      void picture(file).then(async (one) => {
        this.draft[where].push(one);
        this.problem("");
        await this.keep();
        this.draw();
        this.show("tell");
      }, () => this.problem(this.word("Unreadable")));
    });
  }

  private draw(): void {
    for (const [selector, where] of [["[data-captain-kept-photos]", "photos"], ["[data-captain-after]", "after"]] as const) {
      this.part(selector).replaceChildren(...this.draft[where].map((one) => this.thumbnail(one.blob, () => {
        this.draft[where] = this.draft[where].filter((other) => other !== one);
      })));
    }
    if (!this.draft.sound) return;
    const player = document.createElement("audio");
    player.controls = true;
    player.src = URL.createObjectURL(this.draft.sound);
    player.setAttribute("aria-label", this.word("Voice"));
    const item = document.createElement("li");
    item.append(player);
    this.part("[data-captain-kept-photos]").append(item);
  }

  private thumbnail(blob: Blob, gone: () => void): HTMLElement {
    const [item, image, button] = [document.createElement("li"), document.createElement("img"), document.createElement("button")];
    item.className = "photo-item";
    image.alt = this.word("Photo");
    image.src = URL.createObjectURL(blob);
    button.type = "button";
    button.className = "button button-icon";
    button.textContent = "×";
    button.setAttribute("aria-label", this.word("Remove"));
    button.addEventListener("click", () => {
      URL.revokeObjectURL(image.src);
      gone();
      void this.keep();
      this.draw();
      if (!said(this.draft)) this.show("choose");
    });
    item.append(image, button);
    return item;
  }

  private async speak(): Promise<void> {
    try {
      this.recording = await record(this.part("[data-voice-time]"), () => void this.spoken());
      this.problem("");
      this.show("speak");
    } catch {
      this.problem(this.word("Microphone"));
    }
  }

  private async spoken(): Promise<void> {
    if (!this.recording) return;
    const recording = this.recording;
    this.recording = null;
    const sound = await recording.end();
    // Some phones hand out a microphone that is switched off: nothing was heard.
    if (sound.size === 0) {
      this.problem(this.word("Microphone"));
      this.show(said(this.draft) ? "tell" : "choose");
      return;
    }
    this.draft.sound = sound;
    await this.send();
  }

  private async silent(): Promise<void> {
    await this.recording?.end();
    this.recording = null;
    this.show(said(this.draft) ? "tell" : "choose");
  }

  /** In the phone first, then to the server. */
  private async send(): Promise<void> {
    if (!said(this.draft)) {
      this.problem(this.word("Nothing"));
      return;
    }
    this.draft.place = this.form.querySelector<HTMLInputElement>("input[name=place]:checked")?.value ?? "";
    this.draft.refused = "";
    this.draft.ready = true;
    this.busy(true);
    if (!(await this.keep())) {
      this.draft.ready = false;
      this.busy(false);
      return;
    }
    await this.sender().run();
  }

  private busy(is: boolean): void {
    this.part("[data-send]").setAttribute("aria-busy", String(is));
  }

  /** What became of a report; of another one than this form's nothing is said here. */
  told(news: News): void {
    if (news.draft.key !== this.draft.key) return;
    this.busy(false);
    if (news.verdict === "sent") {
      window.location.assign(news.url);
      return;
    }
    if (news.verdict === "refused") {
      this.draft = news.draft;
      this.problem(news.draft.refused);
      this.draw();
      this.show("tell");
      return;
    }
    // It is safe in the phone: nothing is left to be done here.
    for (const part of this.form.querySelectorAll<HTMLElement>("[data-step], [data-captain-place]")) part.hidden = true;
    // Whoever is done does not "stop reporting", and without a network no other page opens.
    for (const back of document.querySelectorAll<HTMLElement>(".page-head .back")) back.hidden = true;
    this.part("[data-captain-problem]").className = "notice notice-info";
    this.problem(this.word(news.verdict === "sign_in" ? "SignIn" : "Offline"));
  }
}
