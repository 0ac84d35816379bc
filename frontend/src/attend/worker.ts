/** The service worker of activities: the leader's list and code and one's own check-in open with no network once they were kept.
 *
 * The pages keep themselves (`store.ts`) with the person and the moment after which they are no longer shown; what is
 * ticked lies in IndexedDB, and the pages send it.
 */

import type { WorkerScope } from "../lib/worker";

const scope = self as unknown as WorkerScope;
const CACHE = "linli-attend";
const PAGES = /^\/activities\/\d+\/(lead|here|lead\/code)\/$/;
/** So long the network may take to bring the page; then the one on the phone is shown. */
const PATIENCE = 4000;

async function found(path: string): Promise<Response | undefined> {
  const kept = await caches.match(path, { cacheName: CACHE, ignoreVary: true });
  if (!kept || Number(kept.headers.get("X-Linli-Until")) > Date.now()) return kept;
  await (await caches.open(CACHE)).delete(path, { ignoreVary: true });
  return undefined;
}

/** The page from the network while it answers in time, else as it was kept. */
async function page(request: Request, address: URL): Promise<Response> {
  const kept = await found(address.pathname);
  if (!kept) return fetch(request);
  const late = new Promise<Response>((done) => setTimeout(() => done(kept), PATIENCE));
  try {
    const answer = await Promise.race([fetch(request), late]);
    if (answer.status >= 500) return kept;
    // Signed out, or no longer theirs: names do not stay. A scanned code is led on to the page itself.
    const away = answer.type === "opaqueredirect" && !address.searchParams.has("c");
    if (away || answer.status === 403 || answer.status === 404) await (await caches.open(CACHE)).delete(address.pathname, { ignoreVary: true });
    return answer;
  } catch {
    return kept;
  }
}

/** Scripts and styles never change under their names. */
async function lasting(request: Request): Promise<Response> {
  return (await caches.match(request.url, { cacheName: CACHE, ignoreVary: true })) ?? fetch(request);
}

scope.addEventListener("install", (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener("activate", (event) => event.waitUntil(scope.clients.claim()));
scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== scope.location.origin) return;
  if (request.mode === "navigate") {
    if (PAGES.test(address.pathname)) event.respondWith(page(request, address));
  } else if (address.pathname.startsWith("/static/")) event.respondWith(lasting(request));
});
