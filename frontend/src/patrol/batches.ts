/** How records travel: in batches of bearable size, again after a while when it did not work. Nothing here is lost. */

import type { FileNote, Kept } from "./types";

export const LIMITS = { observations: 50, files: 90, bytes: 8_000_000 };

/** All files that belong to a record. */
export function filesOf(kept: Kept): FileNote[] {
  const { files, finding } = kept.observation;
  if (!finding) return files;
  // Records that an older page kept know nothing of co-handlers.
  const signed = [finding.signature, ...(finding.co_receivers ?? []).map((one) => one.signature)];
  return [...files, ...finding.after, ...signed.filter((one) => one !== null)];
}

const size = (kept: Kept): { files: number; bytes: number } => {
  const all = filesOf(kept);
  return { files: all.length, bytes: all.reduce((sum, file) => sum + file.bytes, 0) };
};

/** The records of this person that may be sent now, oldest first. */
export function ready(all: Iterable<Kept>, person: number, now: number): Kept[] {
  return Array.from(all)
    .filter((kept) => kept.stage === "waiting" && kept.person === person && kept.not_before <= now)
    .sort((a, b) => {
      const [one, other] = [a.observation, b.observation];
      const moments = Date.parse(one.observed_at) - Date.parse(other.observed_at);
      return moments || (one.client_key < other.client_key ? -1 : 1);
    });
}

/** The first batch: never empty when there is something, never beyond the limits unless one record alone is. */
export function firstBatch(records: readonly Kept[], limits = LIMITS): Kept[] {
  const batch: Kept[] = [];
  let [files, bytes] = [0, 0];
  for (const kept of records) {
    const more = size(kept);
    const full = batch.length >= limits.observations || files + more.files > limits.files || bytes + more.bytes > limits.bytes;
    if (batch.length > 0 && full) break;
    batch.push(kept);
    files += more.files;
    bytes += more.bytes;
  }
  return batch;
}

/** How many bytes of photos and sound wait. */
export function weight(all: Iterable<Kept>): number {
  let sum = 0;
  for (const kept of all) if (kept.stage === "waiting" || kept.stage === "refused") sum += size(kept).bytes;
  return sum;
}

export type Verdict = "sent" | "sign_in" | "stale_page" | "other_person" | "smaller" | "refused" | "later";

/** What an answer's status means for the batch. Only "sent" and "refused" change records; all else keeps them. */
export function verdict(status: number, code: string): Verdict {
  if (status === 200) return "sent";
  if (status === 401 || code === "password_change_needed") return "sign_in";
  if (status === 403 && code === "csrf") return "stale_page";
  if (status === 409 && code === "other_person") return "other_person";
  if (status === 413) return "smaller";
  if (status === 403 || status === 415 || status === 422) return "refused";
  return "later";
}

/** How long to wait before the next try: 2 s, 4 s, … at most 5 minutes; `chance` (0–1) keeps phones apart. */
export function pause(tries: number, chance: number): number {
  return Math.min(300_000, 1000 * 2 ** Math.min(tries, 9)) * (0.75 + chance / 2);
}

/** Minutes that the device's clock is ahead of the server's; 0 within two minutes, which is nobody's fault. */
export function clockAhead(device: number, server: string): number {
  const difference = device - Date.parse(server);
  return Number.isFinite(difference) && Math.abs(difference) >= 120_000 ? Math.round(difference / 60_000) : 0;
}
