/** What a captain entered, kept on the phone from the first photo on: nothing is lost when the network or the page is. */

import { done } from "../lib/indexed";

export interface Picture {
  blob: Blob;
  taken_at?: string;
  lon?: number;
  lat?: number;
}

export interface Draft {
  /** The idempotency key: however often it is sent, it is recorded once. */
  key: string;
  person: string;
  place: string;
  words: string;
  photos: Picture[];
  after: Picture[];
  sound: Blob | null;
  made: number;
  /** Somebody pressed “send”: from now on it is sent until the server has it, and no longer changed. */
  ready: boolean;
  /** Why the server did not take it; it is shown in the form again. */
  refused: string;
}

const DAY = 24 * 3600 * 1000;

export const empty = (key: string, person: string): Draft => ({
  key, person, place: "", words: "", photos: [], after: [], sound: null, made: Date.now(), ready: false, refused: "",
});

/** Whether there is anything in it. */
export const said = (draft: Draft): boolean => draft.words.trim() !== "" || draft.photos.length + draft.after.length > 0 || draft.sound !== null;

/** The one to go on with: of this person, not sent off yet, begun within a day or refused; the latest. */
export function unfinished(all: readonly Draft[], person: string, now: number): Draft | null {
  const mine = all.filter((draft) => draft.person === person && !draft.ready && said(draft) && (draft.refused !== "" || now - draft.made < DAY));
  return mine.sort((a, b) => b.made - a.made)[0] ?? null;
}

/** Those that wait to be sent, the oldest first; of another person on the same phone none. */
export function waiting(all: readonly Draft[], person: string): Draft[] {
  return all.filter((draft) => draft.person === person && draft.ready).sort((a, b) => a.made - b.made);
}

/** The form as the server reads it; photos with what their EXIF said. */
export function body(draft: Draft): FormData {
  const form = new FormData();
  form.append("key", draft.key);
  form.append("words", draft.words);
  if (draft.place) form.append("place", draft.place);
  const facts = (all: Picture[]) => all.map(({ taken_at, lon, lat }) => ({ taken_at, lon, lat }));
  form.append("facts", JSON.stringify({ photos: facts(draft.photos), after: facts(draft.after) }));
  for (const picture of draft.photos) form.append("photos", picture.blob, "photo.jpg");
  for (const picture of draft.after) form.append("after", picture.blob, "after.jpg");
  if (draft.sound) form.append("voice", draft.sound, "note");
  return form;
}

export class Drafts {
  private constructor(private readonly base: IDBDatabase) {}

  static async open(): Promise<Drafts> {
    const opening = indexedDB.open("linli-captain", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("drafts", { keyPath: "key" });
    return new Drafts(await done(opening));
  }

  private store(mode: IDBTransactionMode): IDBObjectStore {
    return this.base.transaction("drafts", mode, { durability: "strict" }).objectStore("drafts");
  }

  async all(): Promise<Draft[]> {
    return (await done(this.store("readonly").getAll())) as Draft[];
  }

  async put(draft: Draft): Promise<void> {
    await done(this.store("readwrite").put(draft));
  }

  async remove(key: string): Promise<void> {
    await done(this.store("readwrite").delete(key));
  }
}
