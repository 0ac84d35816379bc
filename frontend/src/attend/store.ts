/** What activities keep on a phone: pages that open without network, and what was ticked there until it is sent.
 *
 * Pages hold names. They go at sign-out, at the sign-in page, when somebody else is signed in, and after their time.
 */

import { done, finished } from "../lib/indexed";
import { FLAG } from "../lib/leaving";

const CACHE = "linli-attend";

export interface Kept {
  /** Made on the phone: however often it is sent, it counts once. */
  key: string;
  kind: "tick" | "walk_in" | "own";
  /** Where it is sent. */
  address: string;
  /** Who made it: nobody else's session sends it. */
  person: number;
  /** The phone's time. */
  at: string;
  /** After this it is no longer kept. */
  until: number;
  data: Record<string, string | number | boolean>;
  /** The server's refusal: shown until somebody has read it. */
  refused: string;
}

export interface Owner {
  person: number;
  until: number;
  sure: string;
}

/** From what an activity's codes are made; the key signs and cannot be read out. */
export interface CodeKey {
  /** Where it came from. */
  address: string;
  person: number;
  until: number;
  /** The server's clock less the phone's, in milliseconds. */
  ahead: number;
  key: CryptoKey;
}

type Store = "kept" | "codes";

async function queue<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>, name: Store = "kept"): Promise<T> {
  const opening = indexedDB.open(CACHE, 2);
  opening.onupgradeneeded = (event) => {
    if (event.oldVersion < 1) opening.result.createObjectStore("kept", { keyPath: "key" });
    if (event.oldVersion < 2) opening.result.createObjectStore("codes", { keyPath: "address" });
  };
  const base = await done(opening);
  try {
    const transaction = base.transaction(name, mode, { durability: "strict" });
    const found = await done(act(transaction.objectStore(name)));
    if (mode === "readwrite") await finished(transaction);
    return found;
  } finally {
    base.close();
  }
}

/** Everything that waits, the oldest first. */
export async function all(): Promise<Kept[]> {
  const found = (await queue("readonly", (store) => store.getAll())) as Kept[];
  return found.sort((a, b) => a.at.localeCompare(b.at));
}

/** `sure` asks at sign-out; without it the question that stands already is kept. */
export async function put(kept: Kept, sure?: string): Promise<void> {
  if (sure !== undefined) window.localStorage.setItem(FLAG, sure);
  await queue("readwrite", (store) => store.put(kept));
}

export async function drop(key: string): Promise<void> {
  await queue("readwrite", (store) => store.delete(key));
}

export async function codeKey(address: string): Promise<CodeKey | undefined> {
  return (await queue("readonly", (store) => store.get(address), "codes")) as CodeKey | undefined;
}

export async function holdCodeKey(held: CodeKey): Promise<void> {
  await queue("readwrite", (store) => store.put(held), "codes");
}

export async function dropCodeKey(address: string): Promise<void> {
  await queue("readwrite", (store) => store.delete(address), "codes");
}

/** Keys whose activity is over, and those of somebody else. */
export function spent(held: readonly CodeKey[], now: number, person?: number): CodeKey[] {
  return held.filter((one) => one.until < now || (person !== undefined && one.person !== person));
}

/** What must go: after its time, and names that somebody else typed. */
export function stale(kept: readonly Kept[], now: number, person?: number): Kept[] {
  return kept.filter((one) => one.until < now || (person !== undefined && one.person !== person && one.kind === "walk_in"));
}

/** Take off the phone what is past its time or of somebody else; `person` is who is signed in, where that is known. */
export async function tidy(person?: number): Promise<void> {
  for (const one of stale(await all(), Date.now(), person)) await drop(one.key);
  const codes = (await queue("readonly", (store) => store.getAll(), "codes")) as CodeKey[];
  for (const one of spent(codes, Date.now(), person)) await dropCodeKey(one.address);
  const cache = await caches.open(CACHE);
  let pages = 0;
  for (const request of await cache.keys()) {
    const until = (await cache.match(request, { ignoreVary: true }))?.headers;
    if (!until?.has("X-Linli-Until")) continue;
    const theirs = person !== undefined && Number(until.get("X-Linli-Person")) !== person;
    if (theirs || Number(until.get("X-Linli-Until")) < Date.now()) await cache.delete(request, { ignoreVary: true });
    else pages += 1;
  }
  if (pages) return;
  await caches.delete(CACHE);
  if (!(await all()).length) window.localStorage.removeItem(FLAG);
}

/** At the sign-in page: nobody is signed in, so no names lie open and no codes are made; what waits to be sent stays. */
export async function forgetPages(): Promise<void> {
  await caches.delete(CACHE);
  if ((await indexedDB.databases?.())?.some((base) => base.name === CACHE) ?? true) await queue("readwrite", (store) => store.clear(), "codes");
}

/** At sign-out: everything goes. */
export async function forget(): Promise<void> {
  await caches.delete(CACHE);
  await done(indexedDB.deleteDatabase(CACHE));
  window.localStorage.removeItem(FLAG);
}

/** Keep a page with all that it needs; false when it is not to be had. */
export async function keepPage(path: string, owner: Owner): Promise<boolean> {
  if (!("serviceWorker" in navigator) || !("caches" in window)) return false;
  await navigator.serviceWorker.register("/activities/worker.js", { scope: "/activities/" });
  // What is kept is opened much later: without what was scanned just now.
  const answer = await fetch(path, { headers: { "X-Kept": "1" } });
  if (!answer.ok || answer.redirected) return false;
  // Where the browser reads no codes itself, what reads them has to lie on the phone too.
  if (path.endsWith("/here/") && !("BarcodeDetector" in window)) await import("jsqr");
  window.localStorage.setItem(FLAG, owner.sure);
  const cache = await caches.open(CACHE);
  for (const address of needed()) if (!(await cache.match(address))) await cache.add(address);
  const headers = new Headers(answer.headers);
  for (const name of ["Content-Encoding", "Content-Length", "Vary"]) headers.delete(name);
  headers.set("X-Linli-Until", String(owner.until));
  headers.set("X-Linli-Person", String(owner.person));
  await cache.put(path, new Response(await answer.blob(), { headers }));
  return true;
}

/** Addresses of the scripts, styles and pictures that this page has loaded; the pages that are kept load the same. */
function needed(): Set<string> {
  const named = Array.from(document.querySelectorAll<HTMLLinkElement | HTMLScriptElement>("link[href], script[src]"));
  const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
  const names = [...loaded, ...named.map((element) => (element instanceof HTMLScriptElement ? element.src : element.href))];
  const here = `${window.location.origin}/static/`;
  return new Set(names.filter((name) => name.startsWith(here)).map((name) => name.split("#")[0] ?? name));
}
