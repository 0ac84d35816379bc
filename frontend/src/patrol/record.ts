/** Making a record: its key, its moment, its place (asked for only now), its photos made small. */

import { readFacts } from "../lib/exif";
import { newKey } from "../lib/key";
import { position } from "../lib/position";
import { shrink } from "../lib/shrink";
import type { FileNote, Finding, Kept, Observation, Result, Site } from "./types";

export { newKey, position };

const HEADER_BYTES = 256 * 1024;
/** So long a record can be taken back before it leaves the phone. */
export const UNDO_MILLISECONDS = 8000;

export interface Making {
  site: Site;
  criterion: number;
  result: Result;
  value: number | null;
  replaces: string | null;
  words?: string;
  files?: FileNote[];
  finding?: Finding | null;
}

/** A record that waits to be sent. */
export function made(making: Making, person: number, now: Date, hold = UNDO_MILLISECONDS): Kept {
  const observation: Observation = {
    client_key: newKey(),
    round_id: making.site.round_id,
    site_id: making.site.id,
    criterion_id: making.criterion,
    replaces: making.replaces,
    result: making.result,
    value: making.value,
    words: making.words ?? "",
    observed_at: now.toISOString(),
    position: null,
    files: making.files ?? [],
    finding: making.finding ?? null,
  };
  return {
    observation, person, stage: "waiting", not_before: now.getTime() + hold,
    said: "", conflict: null, number: "", received_at: "", tries: 0,
  };
}

/** A photo as it will travel: what its EXIF said, then made small. */
export async function photo(file: File): Promise<{ note: FileNote; blob: Blob }> {
  const facts = readFacts(await file.slice(0, HEADER_BYTES).arrayBuffer());
  let blob: Blob = file;
  try {
    blob = await shrink(file);
  } catch {
    // A kind that this browser cannot draw: the server may be able to, or says why not.
  }
  return { note: { ...note("photo", blob), ...told(facts) }, blob };
}

function told(facts: { takenAt?: string; longitude?: number; latitude?: number }): Partial<FileNote> {
  return {
    ...(facts.takenAt ? { taken_at: facts.takenAt } : {}),
    ...(facts.longitude !== undefined && facts.latitude !== undefined ? { lon: facts.longitude, lat: facts.latitude } : {}),
  };
}

/** The note of a file made on this phone. */
export function note(kind: "photo" | "audio", blob: Blob): FileNote {
  return { id: newKey(), kind, bytes: blob.size };
}
