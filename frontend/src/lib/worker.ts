/** What our service workers use of their scope. Only types: a worker is one file and shares no code with pages. */

export interface WorkerScope {
  clients: { claim: () => Promise<void> };
  location: Location;
  skipWaiting: () => Promise<void>;
  addEventListener: (name: string, act: (event: WorkerEvent) => void) => void;
}

export interface WorkerEvent {
  request: Request;
  waitUntil: (work: Promise<unknown>) => void;
  respondWith: (answer: Promise<Response> | Response) => void;
}
