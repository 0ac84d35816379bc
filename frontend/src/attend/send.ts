/** Sends what waits on the phone, address by address, until the server has answered each; the same keys go again. */

import { csrfToken } from "../lib/upload";
import { all, drop, put, tidy, type Kept } from "./store";

export interface Answer {
  key: string;
  state: string;
  text: string;
  to_check?: boolean;
  clock_off_minutes?: number;
}

export type Verdict = "answered" | "refused" | "stale_form" | "sign_in" | "later";

const PATIENCE = 20_000;

/** What an answer means. 409: somebody else is signed in, so it waits for who made it. */
export function verdict(status: number, redirected: boolean): Verdict {
  if (status === 200) return "answered";
  if (redirected || status === 401 || status === 409) return "sign_in";
  if (status === 403) return "stale_form";
  if (status === 400 || status === 404 || status === 422) return "refused";
  return "later";
}

/** What is sent together: by address and by who made it. */
export function batches(waiting: readonly Kept[]): Kept[][] {
  const found = new Map<string, Kept[]>();
  for (const one of waiting) {
    if (one.refused) continue;
    const name = `${one.person} ${one.address}`;
    const batch = found.get(name) ?? [];
    // The server takes twenty of one's own at a time.
    if (batch.length < 20) found.set(name, [...batch, one]);
  }
  return [...found.values()];
}

export function body(batch: readonly Kept[], now: Date): string {
  const rows = (kind: Kept["kind"]) => batch.filter((one) => one.kind === kind).map(({ key, at, data }) => ({ key, at, ...data }));
  const about = { person: batch[0]?.person, sent_at: now.toISOString() };
  if (batch[0]?.kind === "own") return JSON.stringify({ ...about, attempts: rows("own") });
  return JSON.stringify({ ...about, ticks: rows("tick"), walk_ins: rows("walk_in") });
}

/** Send everything; the answers that came. Two windows on one phone: one of them sends. */
export async function flush(): Promise<Answer[]> {
  return navigator.locks ? await navigator.locks.request("linli-attend-send", drain) : drain();
}

async function drain(): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const batch of batches(await all())) {
    let [found, told] = await send(batch, csrfToken());
    // A page that was kept, or open while somebody signed in anew, carries an old token.
    if (found === "stale_form") [found, told] = await send(batch, await freshToken(batch[0]?.address ?? ""));
    if (found === "later") return answers;
    for (const one of batch) {
      const answer = told.find((entry) => entry.key === one.key) ?? (found === "refused" ? { key: one.key, state: "refused", text: "404" } : undefined);
      if (!answer) continue;
      answers.push(answer);
      if (answer.state === "refused") await put({ ...one, refused: answer.text });
      else await drop(one.key);
    }
  }
  if (answers.length) await tidy();
  return answers;
}

async function freshToken(address: string): Promise<string> {
  try {
    const page = await fetch(address.replace(/(ticks|later)\/$/, ""), { cache: "no-store" });
    return csrfToken(new DOMParser().parseFromString(await page.text(), "text/html"));
  } catch {
    return "";
  }
}

async function send(batch: readonly Kept[], csrf: string): Promise<[Verdict, Answer[]]> {
  const stop = new AbortController();
  const timer = window.setTimeout(() => stop.abort(), PATIENCE);
  try {
    const answer = await fetch(batch[0]?.address ?? "", {
      method: "POST", redirect: "manual", signal: stop.signal, body: body(batch, new Date()),
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
    });
    const found = verdict(answer.status, answer.type === "opaqueredirect");
    if (found !== "answered") return [found, []];
    const told = (await answer.json()) as { ticks?: Answer[]; answers?: Answer[] };
    return [found, told.ticks ?? told.answers ?? []];
  } catch {
    // Cut off: perhaps it arrived, perhaps not. The same keys go again, and the server knows them.
    return ["later", []];
  } finally {
    window.clearTimeout(timer);
  }
}
