/** What all pages of the patrol share: the store, the day, the records, and what to do with a new one. */

import { say } from "./dom";
import { made, position, UNDO_MILLISECONDS, type Making } from "./record";
import { joined, views, type SiteView } from "./state";
import { StorageFull, type Store } from "./store";
import type { Sender } from "./sync";
import type { Conflict, Criterion, DayPack, Kept } from "./types";
import { failure, undoable } from "./toast";

export class App {
  pack: DayPack | null = null;
  readonly kept = new Map<string, Kept>();
  sender!: Sender;
  /** What the last try to fetch the day said: nothing, no network, sign in, refused. */
  dayStatus: "fresh" | "loading" | "offline" | "sign_in" | "refused" | "failed" = "loading";
  /** Where somebody was last: a new problem is most likely there. */
  lastSite: string | null = null;
  /** The files of records that are being sent or were never let go by the form. */
  render: () => void = () => undefined;
  private readonly settledConflicts = new Set<number>();
  private seen: Map<string, SiteView> | null = null;

  constructor(readonly store: Store) {}

  person(): number {
    return this.pack?.person.id ?? 0;
  }

  views(): Map<string, SiteView> {
    this.seen ??= this.pack ? views(this.pack, this.kept.values()) : new Map<string, SiteView>();
    return this.seen;
  }

  criterion(id: number): Criterion | undefined {
    return this.pack?.criteria.find((criterion) => criterion.id === id);
  }

  usePack(pack: DayPack): void {
    this.pack = pack;
    this.seen = null;
  }

  /** Records came from the store or from the server's answer. */
  learn(records: readonly Kept[]): void {
    for (const record of records) {
      const key = record.observation.client_key;
      const known = this.kept.get(key);
      this.kept.set(key, known ? joined(known, record) : record);
    }
    this.seen = null;
    this.render();
  }

  /** What somebody has to decide: from the day's pack and from answers since. */
  conflicts(): Conflict[] {
    const all = new Map<number, Conflict>();
    for (const conflict of this.pack?.conflicts ?? []) all.set(conflict.id, conflict);
    for (const kept of this.kept.values()) {
      if (kept.stage === "conflict" && kept.conflict) all.set(kept.conflict.id, kept.conflict);
    }
    return Array.from(all.values()).filter((conflict) => !this.settledConflicts.has(conflict.id));
  }

  /** A conflict was decided: the server keeps the record or knows that it is not wanted. */
  async decided(id: number): Promise<void> {
    this.settledConflicts.add(id);
    if (this.pack) {
      this.pack = { ...this.pack, conflicts: this.pack.conflicts.filter((conflict) => conflict.id !== id) };
      await this.store.set("pack", this.pack);
    }
    const mine = Array.from(this.kept.values()).filter((kept) => kept.conflict?.id === id);
    this.learn(await this.store.put(mine.map((kept) => ({ ...kept, stage: "stored" as const, received_at: new Date().toISOString() }))));
  }

  /** Read all records anew from the store. */
  async reload(): Promise<void> {
    this.kept.clear();
    this.learn(await this.store.all());
  }

  private forgetRecords(keys: readonly string[]): void {
    for (const key of keys) this.kept.delete(key);
    this.seen = null;
    this.render();
  }

  /** Keep records: in the store first, then on the page. False when the phone has no room; nothing is lost then. */
  async keep(makings: readonly Making[], files: ReadonlyMap<string, Blob>, words: string): Promise<boolean> {
    const now = new Date();
    const records = makings.map((making) => made(making, this.person(), now));
    try {
      await this.store.put(records, files);
    } catch (error) {
      if (!(error instanceof StorageFull)) throw error;
      failure(say("storage_full"));
      return false;
    }
    this.learn(records);
    void navigator.storage?.persist?.();
    void this.place(records.filter((record) => record.observation.result !== "unreachable"));
    const keys = records.map((record) => record.observation.client_key);
    undoable(words, UNDO_MILLISECONDS / 1000, () => void this.takeBack(keys));
    this.sender.nudge();
    return true;
  }

  private async takeBack(keys: readonly string[]): Promise<void> {
    if (await this.store.withdraw(keys, Date.now())) this.forgetRecords(keys);
    else failure(say("undo_late"));
  }

  /** The position of the moment of recording, added as soon as the device knows it. */
  private async place(records: readonly Kept[]): Promise<void> {
    const at = records.length > 0 ? await position() : null;
    if (!at) return;
    const still = records.filter((record) => this.kept.has(record.observation.client_key));
    const placed = still.map((record) => ({ ...record, observation: { ...record.observation, position: at } }));
    this.learn(await this.store.put(placed));
  }
}
