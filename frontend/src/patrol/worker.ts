/** The service worker: the page, its scripts, styles and the map lie in a versioned cache and open with no network.
 *
 * `/patrol/worker.js` is this file behind one line that names the version and the files. What people record is never
 * here: it lies in IndexedDB, and the page sends it.
 */

import type { WorkerScope } from "../lib/worker";

interface Shell {
  version: string;
  page: string;
  files: string[];
}

const scope = self as unknown as WorkerScope & { linliPatrol: Shell };
const PICTURES = "linli-patrol-pictures";
/** So long the network may take to bring the page; then the one on the phone is shown. */
const PATIENCE = 4000;

const shell = (): Promise<Cache> => caches.open(`linli-patrol-shell-${scope.linliPatrol.version}`);

async function install(): Promise<void> {
  const cache = await shell();
  await cache.addAll(scope.linliPatrol.files);
  const page = await fetch(scope.linliPatrol.page, { credentials: "same-origin", redirect: "manual" });
  if (page.ok) await cache.put(scope.linliPatrol.page, page);
  await scope.skipWaiting();
}

async function activate(): Promise<void> {
  const mine = `linli-patrol-shell-${scope.linliPatrol.version}`;
  for (const name of await caches.keys()) {
    if (name.startsWith("linli-patrol-shell-") && name !== mine) await caches.delete(name);
  }
  await scope.clients.claim();
}

/** The page: from the network while it answers in time with the page itself, else as it was. */
async function page(request: Request): Promise<Response> {
  const cache = await shell();
  const kept = await cache.match(scope.linliPatrol.page);
  const asked = fetch(request).then(async (answer) => {
    if (answer.ok && answer.type === "basic") await cache.put(scope.linliPatrol.page, answer.clone());
    return answer;
  });
  if (!kept) return asked;
  const late = new Promise<Response>((done) => setTimeout(() => done(kept), PATIENCE));
  try {
    const answer = await Promise.race([asked, late]);
    // An expired session leads to the sign-in page, a server in trouble to 503: the page on the phone says so itself,
    // and what waits stays in sight.
    return answer.ok || answer.status === 403 ? answer : kept;
  } catch {
    return kept;
  }
}

/** What never changes under its name: from the cache, else from the network and then kept. */
async function lasting(request: Request, cache: Cache): Promise<Response> {
  const kept = await cache.match(request.url);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request.url, answer.clone());
  return answer;
}

scope.addEventListener("install", (event) => event.waitUntil(install()));
scope.addEventListener("activate", (event) => event.waitUntil(activate()));
scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== scope.location.origin) return;
  if (request.mode === "navigate") {
    if (address.pathname === scope.linliPatrol.page) event.respondWith(page(request));
  } else if (address.pathname.startsWith("/static/")) {
    event.respondWith(shell().then((cache) => lasting(request, cache)));
  } else if (request.destination === "image") {
    event.respondWith(caches.open(PICTURES).then(async (cache) => (await cache.match(address.pathname)) ?? fetch(request)));
  }
});
