/** Sends what waits: one request a batch, again with the same keys until it is acknowledged. */

import { clockAhead, filesOf, firstBatch, LIMITS, pause, ready, verdict } from "./batches";
import { say } from "./dom";
import { elsewhere, settled } from "./state";
import type { Store } from "./store";
import type { Answer, Kept, Observation } from "./types";

export const SYNC = "/api/v1/patrol/sync";
const PATIENCE = 60_000;
/** Slower than this nothing is given up: bytes per millisecond of a very weak network. */
const SLOWEST = 4;

export type Status = "resting" | "sending" | "offline" | "sign_in" | "other_person" | "waiting";

export interface News {
  status: Status;
  /** Minutes the device's clock is ahead. */
  ahead: number;
  /** When it tries again, in milliseconds of the device. */
  again: number;
}

interface Reply {
  status: number;
  body: Partial<Answer> & { code?: string; detail?: string };
}

export interface Session {
  person: { id: number; name: string };
  csrf: string;
  now: string;
}

/** Who is signed in, and a token for the next request. Null: nobody, or no network. */
export async function session(): Promise<{ status: number; session: Session | null }> {
  try {
    const answer = await fetch("/api/v1/patrol/session", { headers: { Accept: "application/json" }, cache: "no-store" });
    return { status: answer.status, session: answer.ok ? ((await answer.json()) as Session) : null };
  } catch {
    return { status: 0, session: null };
  }
}

/** Records as the server reads them: of criteria, of sites that were not reached, of problems at no site. */
export function bodies(batch: readonly Kept[]): { observations: unknown[]; unreached: unknown[]; problems: unknown[] } {
  const all = batch.map((kept) => kept.observation);
  const missed = (one: Observation) => one.result === "unreachable";
  return {
    observations: all.filter((one) => !missed(one) && !elsewhere(one)).map(wire),
    unreached: all.filter(missed).map(({ client_key, round_id, site_id, words, observed_at }) => ({ client_key, round_id, site_id, reason: words, observed_at })),
    problems: all.filter(elsewhere).map((one) => {
      const { round_id: _round, site_id, criterion_id: _criterion, replaces: _replaces, result: _result, value: _value, ...rest } = wire(one);
      return { ...rest, place_id: site_id };
    }),
  };
}

/** A record as the server reads it: files by their names in the same request. */
export function wire(observation: Observation): Record<string, unknown> {
  const { position, files, finding, ...rest } = observation;
  return {
    ...rest,
    longitude: position?.longitude ?? null,
    latitude: position?.latitude ?? null,
    accuracy_m: position?.accuracy_m ?? null,
    photos: files.map((file) => file.id),
    finding: finding && {
      client_key: finding.client_key,
      category_id: finding.category_id,
      advice: finding.advice,
      handling: finding.handling,
      lead_organisation_id: finding.lead_organisation_id,
      co_organisation_ids: finding.co_organisation_ids,
      receiver_name: finding.receiver_name,
      signature: finding.signature?.id ?? null,
      after_photos: finding.after.map((file) => file.id),
      co_receivers: (finding.co_receivers ?? []).map((one) => ({ ...one, signature: one.signature?.id ?? null })),
    },
  };
}

export class Sender {
  news: News = { status: "resting", ahead: 0, again: 0 };
  private csrf = "";
  private limits = { ...LIMITS };
  private failed = 0;
  private timer = 0;
  private busy = false;
  private asked = false;

  constructor(
    private readonly store: Store,
    private readonly device: string,
    private readonly person: () => number,
    private readonly changed: (records: Kept[]) => void,
  ) {
    window.addEventListener("online", () => this.nudge());
    window.addEventListener("offline", () => this.tell({ status: "offline" }));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.nudge();
    });
  }

  /** Something waits, or the network is back, or somebody pressed the button: try now. */
  nudge(): void {
    window.clearTimeout(this.timer);
    this.asked = true;
    if (!this.busy) void this.run();
  }

  private tell(news: Partial<News>): void {
    this.news = { ...this.news, ...news };
    this.changed([]);
  }

  private async run(): Promise<void> {
    this.busy = true;
    try {
      while (this.asked) {
        this.asked = false;
        // Two windows on one phone: only one of them sends, the other sees what became of it.
        if (navigator.locks) await navigator.locks.request("linli-patrol-send", () => this.drain());
        else await this.drain();
      }
    } finally {
      this.busy = false;
    }
  }

  private async drain(): Promise<void> {
    for (;;) {
      const all = await this.store.all();
      const batch = firstBatch(ready(all, this.person(), Date.now()), this.limits);
      if (batch.length === 0) return this.rest(all);
      if (!navigator.onLine) return this.tell({ status: "offline" });
      this.tell({ status: "sending" });
      if (!(await this.send(batch))) return;
    }
  }

  /** Nothing can be sent now; something may become ready when its time to be taken back is over. */
  private rest(all: Kept[]): void {
    const held = all.filter((kept) => kept.stage === "waiting" && kept.person === this.person());
    this.tell({ status: "resting" });
    if (held.length === 0) return;
    const soonest = Math.min(...held.map((kept) => kept.not_before));
    this.later(Math.max(soonest - Date.now(), 0) + 50);
  }

  private later(milliseconds: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.nudge(), milliseconds);
  }

  /** One batch; true when the next may follow at once. */
  private async send(batch: Kept[]): Promise<boolean> {
    const reply = await this.post(batch);
    switch (verdict(reply.status, reply.body.code ?? "")) {
      case "sent": {
        this.failed = 0;
        this.limits = { ...LIMITS };
        const answer = reply.body as Answer;
        const after = settled(batch, answer).map((kept) => ({ ...kept, tries: kept.tries + 1 }));
        this.news.ahead = clockAhead(Date.now(), answer.received_at);
        this.changed(await this.store.put(after));
        // An answer that names nothing of the batch must not be asked for again and again at once.
        return after.some((kept) => kept.stage !== "waiting") || this.wait();
      }
      case "sign_in":
        this.tell({ status: "sign_in" });
        return false;
      case "other_person":
        this.tell({ status: "other_person" });
        return false;
      case "stale_page":
        this.csrf = "";
        return this.failed++ < 2 || this.wait();
      case "smaller":
        if (batch.length > 1) return this.halve(batch.length);
        return this.refuse(batch, reply);
      case "refused":
        // One record that cannot be read must not hold up the others: each goes alone, and only that one stays.
        if (batch.length > 1) return this.halve(batch.length);
        return this.refuse(batch, reply);
      default:
        return this.wait();
    }
  }

  private halve(length: number): boolean {
    this.limits = { ...this.limits, observations: Math.max(1, Math.floor(length / 2)) };
    return true;
  }

  private async refuse(batch: Kept[], reply: Reply): Promise<boolean> {
    const said = reply.body.detail ?? String(reply.status);
    this.changed(await this.store.put(batch.map((kept) => ({ ...kept, stage: "refused", said, tries: kept.tries + 1 }))));
    return true;
  }

  private wait(): boolean {
    this.failed += 1;
    const milliseconds = pause(this.failed, Math.random());
    this.tell({ status: navigator.onLine ? "waiting" : "offline", again: Date.now() + milliseconds });
    this.later(milliseconds);
    return false;
  }

  /** What somebody decided about a conflict; empty when it is done, else a sentence. */
  async decide(id: number, choice: string): Promise<string> {
    try {
      const known = await session();
      if (!known.session) return say(known.status === 401 ? "signed_out" : "needs_network");
      const answer = await fetch(`/api/v1/patrol/conflicts/${id}`, {
        method: "POST", body: JSON.stringify({ choice }), redirect: "error",
        headers: { "X-CSRFToken": known.session.csrf, Accept: "application/json", "Content-Type": "application/json" },
      });
      if (answer.ok) return "";
      return ((await answer.json()) as Reply["body"]).detail ?? String(answer.status);
    } catch {
      return say("needs_network");
    }
  }

  private async post(batch: Kept[]): Promise<Reply> {
    if (!this.csrf) {
      const known = await session();
      if (!known.session) return { status: known.status, body: {} };
      if (known.session.person.id !== this.person()) return { status: 409, body: { code: "other_person" } };
      this.csrf = known.session.csrf;
    }
    const { form, bytes } = await this.form(batch);
    const stop = new AbortController();
    const timer = window.setTimeout(() => stop.abort(), PATIENCE + bytes / SLOWEST);
    try {
      const answer = await fetch(SYNC, {
        method: "POST", body: form, signal: stop.signal, redirect: "error",
        headers: { "X-CSRFToken": this.csrf, Accept: "application/json" },
      });
      return { status: answer.status, body: (await answer.json()) as Reply["body"] };
    } catch {
      // Cut off: perhaps it arrived, perhaps not. The same keys go again, and the server knows them.
      return { status: 0, body: {} };
    } finally {
      window.clearTimeout(timer);
    }
  }

  private async form(batch: Kept[]): Promise<{ form: FormData; bytes: number }> {
    const files = batch.flatMap(filesOf);
    const body = {
      device: this.device,
      person: this.person(),
      sent_at: new Date().toISOString(),
      ...bodies(batch),
      files: Object.fromEntries(files.map(({ id, ...told }) => [id, told])),
    };
    const form = new FormData();
    form.append("batch", JSON.stringify(body));
    let bytes = 0;
    for (const file of files) {
      const blob = await this.store.file(file.id);
      if (!blob) throw new Error(`the photo ${file.id} is not in the store`);
      form.append(file.id, blob, file.kind === "photo" ? "photo.jpg" : "note");
      bytes += blob.size;
    }
    return { form, bytes };
  }
}
