/** The leader's changing code, made on the phone from the secret of this one activity: with a network or without. */

import { picture } from "../lib/qr";
import { codeKey, dropCodeKey, holdCodeKey, keepPage, tidy, type CodeKey, type Owner } from "./store";

const PATIENCE = 5000;
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

async function digest(key: CryptoKey, text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text)));
}

/** The code of a time step, as the server makes it (`rotating.code_for`). */
export async function codeFor(key: CryptoKey, activity: number, step: number): Promise<string> {
  const bits = Array.from((await digest(key, `${activity}:${step}`)).slice(0, 10), (byte) => byte.toString(2).padStart(8, "0")).join("");
  const signs = (bits.match(/.{5}/g) ?? []).map((five) => BASE32[Number.parseInt(five, 2)]);
  return `${step}-${signs.join("")}`;
}

/** The six digits of a time step (`rotating.digits_for`). */
export async function digitsFor(key: CryptoKey, step: number): Promise<string> {
  const number = (await digest(key, `digits:${step}`)).slice(0, 6).reduce((sum, byte) => sum * 256 + byte, 0);
  return String(number % 1_000_000).padStart(6, "0");
}

/** A key that signs and cannot be read out again. */
export function sealed(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

class Shown {
  private readonly address: string;
  private readonly activity: number;
  private readonly step: number;
  private readonly owner: Owner;
  private held: CodeKey | undefined;

  constructor(private readonly root: HTMLElement) {
    this.address = root.dataset["address"] ?? "";
    this.activity = Number(root.dataset["activity"]);
    this.step = Number(root.dataset["step"]);
    this.owner = { person: Number(root.dataset["person"]), until: Date.parse(root.dataset["until"] ?? ""), sure: root.dataset["sure"] ?? "" };
  }

  async start(): Promise<void> {
    await tidy(this.owner.person);
    this.held = await codeKey(this.address);
    await this.renew();
    await this.show();
    document.addEventListener("visibilitychange", () => void this.show());
    window.addEventListener("online", () => void this.renew());
    void this.turn();
    const kept = this.owner.until > Date.now() && (await keepPage(window.location.pathname, this.owner).catch(() => false));
    const note = this.root.querySelector<HTMLElement>("[data-kept]");
    if (note) note.hidden = !kept && navigator.serviceWorker?.controller == null;
    this.root.dataset["ready"] = "1";
  }

  /** By the server's clock, as far as it is known. */
  private now(): number {
    return Date.now() + (this.held?.ahead ?? 0);
  }

  private async turn(): Promise<void> {
    for (;;) {
      const length = this.step * 1000;
      await new Promise((done) => window.setTimeout(done, length - (this.now() % length) + 50));
      await this.show();
      void this.renew();
    }
  }

  /** Ask the server: the key, its clock, who is there. What it no longer gives, the phone no longer keeps. */
  private async renew(): Promise<void> {
    const begun = Date.now();
    try {
      const answer = await fetch(this.address, { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(PATIENCE) });
      if (answer.type === "opaqueredirect" || answer.status === 403 || answer.status === 404) {
        this.held = undefined;
        await dropCodeKey(this.address);
        await this.show();
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      const told = (await answer.json()) as { key: string; now: number; there: string };
      const key = await sealed(Uint8Array.from(atob(told.key), (sign) => sign.charCodeAt(0)));
      this.held = { address: this.address, person: this.owner.person, until: this.owner.until, ahead: told.now - Math.round((begun + Date.now()) / 2), key };
      await holdCodeKey(this.held);
      this.put("[data-there]", told.there);
      this.say("");
    } catch {
      if (this.held) this.say(this.root.dataset["saidKept"] ?? "");
    }
  }

  private async show(): Promise<void> {
    const place = this.root.querySelector("[data-qr]");
    if (!this.held || this.now() > this.owner.until) {
      place?.replaceChildren();
      this.put("[data-digits]", "");
      this.say(this.root.dataset[this.held ? "saidOver" : "saidNever"] ?? "");
      return;
    }
    const step = Math.floor(this.now() / 1000 / this.step);
    const [code, digits] = await Promise.all([codeFor(this.held.key, this.activity, step), digitsFor(this.held.key, step)]);
    place?.replaceChildren(picture(`${this.root.dataset["here"]}?c=${code}`));
    this.put("[data-digits]", `${digits.slice(0, 3)} ${digits.slice(3)}`);
  }

  private put(where: string, text: string): void {
    const element = this.root.querySelector(where);
    if (element) element.textContent = text;
  }

  private say(text: string): void {
    const said = this.root.querySelector<HTMLElement>("[data-said]");
    if (!said) return;
    said.textContent = text;
    said.hidden = text === "";
  }
}

export function code(root: HTMLElement): void {
  if (crypto.subtle) void new Shown(root).start();
  else window.setInterval(() => window.location.reload(), Number(root.dataset["step"]) * 1000);
}
