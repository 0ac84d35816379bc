/** What was confirmed at the counter and has not reached the server yet: kept on the phone, sent until it has arrived. */

import { csrfToken } from "../lib/upload";

export interface Kept {
  /** Made by the server when the order was shown; the same hand-over however often it is sent. */
  key: string;
  order: string;
  code: string;
  label: string;
  person: string;
  at: number;
  /** The server's refusal: shown until somebody has read it. */
  refused: string;
}

export type Verdict = "sent" | "again" | "refused" | "sign_in" | "later";

/** What an answer means. 409 and 404 are answers too: the order has ended otherwise. */
export function verdict(status: number, redirected: boolean): Verdict {
  if (status === 201) return "sent";
  if (status === 200) return "again";
  if (redirected || status === 401 || status === 403) return "sign_in";
  if (status === 404 || status === 409 || status === 422) return "refused";
  return "later";
}

const STORE = "linli-counter-queue";
const PATIENCE = 20_000;
const LONGEST = 60_000;

export class Queue {
  private failed = 0;
  private timer = 0;
  private running: Promise<void> | null = null;

  constructor(
    private readonly address: string,
    private readonly person: string,
    private readonly told: (what: Verdict, kept: Kept) => void,
    private readonly changed: () => void,
    private readonly store: Storage = window.localStorage,
  ) {
    window.addEventListener("online", () => void this.run());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") void this.run();
    });
  }

  /** Everything of this person, the oldest first. */
  all(): Kept[] {
    return this.read().filter((kept) => kept.person === this.person);
  }

  waiting(): Kept[] {
    return this.all().filter((kept) => !kept.refused);
  }

  /** Written down before it is sent: whatever happens to the network or the page, it is not forgotten. */
  add(kept: Omit<Kept, "person" | "at" | "refused">): void {
    const others = this.read().filter((one) => one.key !== kept.key);
    this.write([...others, { ...kept, person: this.person, at: Date.now(), refused: "" }]);
  }

  remove(key: string): void {
    this.write(this.read().filter((kept) => kept.key !== key));
  }

  run(): Promise<void> {
    window.clearTimeout(this.timer);
    this.running ??= this.locked().finally(() => (this.running = null));
    return this.running;
  }

  /** Two windows on one phone: one of them sends. */
  private async locked(): Promise<void> {
    if (navigator.locks) await navigator.locks.request("linli-counter-send", () => this.drain());
    else await this.drain();
  }

  private async drain(): Promise<void> {
    for (let next = this.waiting()[0]; next; next = this.waiting()[0]) {
      const [found, words] = await this.send(next);
      if (found === "sent" || found === "again") this.remove(next.key);
      if (found === "refused") this.write(this.read().map((kept) => (kept.key === next?.key ? { ...kept, refused: words } : kept)));
      this.told(found, found === "refused" ? { ...next, refused: words } : next);
      if (found === "later") return this.again();
      if (found === "sign_in") return;
      this.failed = 0;
    }
  }

  /** 2 s, 4 s, … at most a minute. */
  private again(): void {
    this.failed += 1;
    this.timer = window.setTimeout(() => void this.run(), Math.min(LONGEST, 1000 * 2 ** this.failed));
  }

  private async send(kept: Kept): Promise<[Verdict, string]> {
    const stop = new AbortController();
    const timer = window.setTimeout(() => stop.abort(), PATIENCE);
    try {
      const answer = await fetch(this.address, {
        method: "POST", redirect: "manual", signal: stop.signal,
        body: new URLSearchParams({ order: kept.order, code: kept.code, key: kept.key }),
        headers: { Accept: "application/json", "X-CSRFToken": csrfToken() },
      });
      const found = verdict(answer.status, answer.type === "opaqueredirect");
      const told = found === "refused" ? ((await answer.json().catch(() => ({}))) as { detail?: string }) : {};
      return [found, told.detail ?? String(answer.status)];
    } catch {
      // Cut off: perhaps it arrived, perhaps not. The same key goes again, and the server knows it.
      return ["later", ""];
    } finally {
      window.clearTimeout(timer);
    }
  }

  private read(): Kept[] {
    try {
      const found: unknown = JSON.parse(this.store.getItem(STORE) ?? "[]");
      return Array.isArray(found) ? (found as Kept[]) : [];
    } catch {
      return [];
    }
  }

  private write(all: Kept[]): void {
    this.store.setItem(STORE, JSON.stringify(all));
    this.changed();
  }
}
