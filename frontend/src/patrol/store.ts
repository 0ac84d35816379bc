/** Everything the phone keeps, in IndexedDB: the day's pack, records with their keys, photos as blobs. */

import { done, finished as whole } from "../lib/indexed";
import { filesOf } from "./batches";
import { joined } from "./state";
import type { DayPack, Kept } from "./types";

const NAME = "linli-patrol";
const VERSION = 1;
/** What the server has acknowledged is shown for a while, without its photos. */
const SHOWN_MILLISECONDS = 3 * 24 * 3600 * 1000;

/** The phone has no room: nothing was stored, the form still holds everything. */
export class StorageFull extends Error {}

function full(error: unknown): boolean {
  return error instanceof DOMException && error.name === "QuotaExceededError";
}

async function finished(transaction: IDBTransaction): Promise<void> {
  await whole(transaction).catch((error: unknown) => {
    throw full(error) ? new StorageFull() : error;
  });
}

export class Store {
  private constructor(private readonly base: IDBDatabase) {}

  static async open(): Promise<Store> {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("meta");
      request.result.createObjectStore("kept", { keyPath: "observation.client_key" });
      request.result.createObjectStore("files");
    };
    const base = await done(request);
    base.onversionchange = () => base.close();
    return new Store(base);
  }

  private writing(...stores: string[]): IDBTransaction {
    // Strict: what a person was told is kept is on the disk, not only on its way there.
    return this.base.transaction(stores, "readwrite", { durability: "strict" });
  }

  async get<T>(key: string): Promise<T | undefined> {
    return (await done(this.base.transaction("meta").objectStore("meta").get(key))) as T | undefined;
  }

  async set(key: string, value: unknown): Promise<void> {
    const transaction = this.writing("meta");
    transaction.objectStore("meta").put(value, key);
    await finished(transaction);
  }

  pack(): Promise<DayPack | undefined> {
    return this.get<DayPack>("pack");
  }

  async all(): Promise<Kept[]> {
    return (await done(this.base.transaction("kept").objectStore("kept").getAll())) as Kept[];
  }

  async file(id: string): Promise<Blob | undefined> {
    return (await done(this.base.transaction("files").objectStore("files").get(id))) as Blob | undefined;
  }

  /** Store records and their files: all or nothing. What is known already is joined, never overwritten. */
  async put(records: readonly Kept[], files: ReadonlyMap<string, Blob> = new Map()): Promise<Kept[]> {
    const transaction = this.writing("kept", "files");
    const [kept, blobs] = [transaction.objectStore("kept"), transaction.objectStore("files")];
    const all: Kept[] = [];
    const over = finished(transaction);
    let why: unknown;
    try {
      for (const [id, blob] of files) blobs.put(blob, id);
      for (const record of records) {
        const known = (await done(kept.get(record.observation.client_key))) as Kept | undefined;
        const now = known ? joined(known, record) : record;
        kept.put(now);
        if (now.stage === "stored" || now.stage === "withdrawn") for (const file of filesOf(now)) blobs.delete(file.id);
        all.push(now);
      }
    } catch (error) {
      // Some browsers refuse the request, others the whole transaction: either way nothing of it is stored.
      why = error;
      if (!transaction.error) transaction.abort();
    }
    await over.catch((error: unknown) => {
      throw full(why) ? new StorageFull() : (why ?? error);
    });
    return all;
  }

  /** Put a record back to an earlier stage: only where a person asked for it. */
  async replace(record: Kept): Promise<void> {
    const transaction = this.writing("kept");
    transaction.objectStore("kept").put(record);
    await finished(transaction);
  }

  /** Take records back that were not sent yet; false when their time is over. */
  async withdraw(keys: readonly string[], now: number): Promise<boolean> {
    const transaction = this.writing("kept", "files");
    const over = finished(transaction);
    const [kept, blobs] = [transaction.objectStore("kept"), transaction.objectStore("files")];
    const records = await Promise.all(keys.map((key) => done(kept.get(key)) as Promise<Kept | undefined>));
    const late = records.some((record) => !record || record.stage !== "waiting" || record.not_before <= now);
    if (!late) {
      for (const record of records as Kept[]) {
        kept.delete(record.observation.client_key);
        for (const file of filesOf(record)) blobs.delete(file.id);
      }
    }
    await over;
    return !late;
  }

  /** Forget what was acknowledged long ago. */
  async prune(now: number): Promise<void> {
    const old = (await this.all()).filter(
      (kept) => ["stored", "withdrawn"].includes(kept.stage) && now - Date.parse(kept.received_at || kept.observation.observed_at) > SHOWN_MILLISECONDS,
    );
    if (old.length === 0) return;
    const transaction = this.writing("kept");
    for (const kept of old) transaction.objectStore("kept").delete(kept.observation.client_key);
    await finished(transaction);
  }

  /** On signing out: the day's pack goes; records that are not sent stay. */
  async forget(): Promise<void> {
    const transaction = this.writing("meta");
    transaction.objectStore("meta").delete("pack");
    await finished(transaction);
    for (const name of await caches.keys()) if (name.startsWith("linli-patrol-shell")) await caches.delete(name);
  }
}
