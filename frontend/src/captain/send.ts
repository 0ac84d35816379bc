/** Sends what is ready, one after the other, until the server has it: at once, when the network is back, and by itself. */

import { csrfToken } from "../lib/upload";
import { body, waiting, type Draft, type Drafts } from "./drafts";

export type Verdict = "sent" | "sign_in" | "refused" | "later";

export interface News {
  verdict: Verdict;
  draft: Draft;
  /** Where to see it, once it is sent. */
  url: string;
}

const PATIENCE = 60_000;
/** Bytes per millisecond of a very weak network. */
const SLOWEST = 4;

/** What an answer means. 409: this key is recorded already, which is all that was wanted. */
export function verdict(status: number, redirected: boolean): Verdict {
  if (status === 201 || status === 409) return "sent";
  if (redirected || status === 401 || status === 403) return "sign_in";
  if (status === 413 || status === 415 || status === 422) return "refused";
  return "later";
}

export class Sender {
  private failed = 0;
  private timer = 0;
  private running: Promise<void> | null = null;

  constructor(private readonly drafts: Drafts, private readonly address: string, private readonly person: string, private readonly told: (news: News) => void) {
    window.addEventListener("online", () => void this.run());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") void this.run();
    });
  }

  run(): Promise<void> {
    window.clearTimeout(this.timer);
    this.running ??= this.locked().finally(() => (this.running = null));
    return this.running;
  }

  /** Two windows on one phone: one of them sends. */
  private async locked(): Promise<void> {
    if (navigator.locks) await navigator.locks.request("linli-captain-send", () => this.drain());
    else await this.drain();
  }

  private async drain(): Promise<void> {
    for (const draft of waiting(await this.drafts.all(), this.person)) {
      const news = await this.one(draft);
      if (news.verdict === "sent") await this.drafts.remove(draft.key);
      if (news.verdict === "refused") await this.drafts.put(news.draft);
      this.told(news);
      if (news.verdict === "later") return this.again();
      if (news.verdict === "sign_in") return;
      this.failed = 0;
    }
  }

  /** 5 s, 10 s, … at most 5 minutes. */
  private again(): void {
    this.failed += 1;
    this.timer = window.setTimeout(() => void this.run(), Math.min(300_000, 2500 * 2 ** this.failed));
  }

  private async one(draft: Draft): Promise<News> {
    const stop = new AbortController();
    const bytes = [...draft.photos, ...draft.after].reduce((sum, one) => sum + one.blob.size, draft.sound?.size ?? 0);
    const timer = window.setTimeout(() => stop.abort(), PATIENCE + bytes / SLOWEST);
    try {
      const answer = await fetch(this.address, {
        method: "POST", body: body(draft), redirect: "manual", signal: stop.signal,
        headers: { Accept: "application/json", "X-CSRFToken": csrfToken() },
      });
      const found = verdict(answer.status, answer.type === "opaqueredirect");
      const told = found === "sent" || found === "refused" ? ((await answer.json().catch(() => ({}))) as { url?: string; problem?: string }) : {};
      if (found === "refused") return { verdict: found, draft: { ...draft, ready: false, refused: told.problem ?? String(answer.status) }, url: "" };
      return { verdict: found, draft, url: told.url ?? "/captain/" };
    } catch {
      // Cut off: perhaps it arrived, perhaps not. The same key goes again, and the server knows it.
      return { verdict: "later", draft, url: "" };
    } finally {
      window.clearTimeout(timer);
    }
  }
}
