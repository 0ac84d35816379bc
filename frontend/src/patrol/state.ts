/** What is known of each site, from the day's pack and from what was recorded: the same in whatever order it came. */

import type { Answer, Criterion, DayPack, Kept, LastResult, Outcome, Result, Site, Stage } from "./types";

const RANK: Record<Stage, number> = { waiting: 0, refused: 1, conflict: 2, withdrawn: 3, stored: 4 };

/** Two reports on one record become one: the further stage wins, what only one of them knows is kept. */
export function joined(one: Kept, other: Kept): Kept {
  const [low, high] = before(one, other) ? [one, other] : [other, one];
  const position = high.observation.position ?? low.observation.position;
  return {
    ...high,
    observation: { ...high.observation, position },
    not_before: Math.max(one.not_before, other.not_before),
    tries: Math.max(one.tries, other.tries),
    number: high.number || low.number,
    received_at: high.received_at || low.received_at,
  };
}

function before(one: Kept, other: Kept): boolean {
  const stages = RANK[one.stage] - RANK[other.stage];
  if (stages !== 0) return stages < 0;
  return JSON.stringify([one.received_at, one.said, one.observation]) < JSON.stringify([other.received_at, other.said, other.observation]);
}

/** All reports on all records, joined; whatever the order, and however often each came. */
export function replay(reports: Iterable<Kept>): Map<string, Kept> {
  const all = new Map<string, Kept>();
  for (const report of reports) {
    const key = report.observation.client_key;
    const known = all.get(key);
    all.set(key, known ? joined(known, report) : report);
  }
  return all;
}

/** What the server said to one record. */
export function answered(kept: Kept, outcome: Outcome, receivedAt: string): Kept {
  const stage: Stage = outcome.outcome === "repeated" ? "stored" : outcome.outcome;
  return {
    ...kept,
    stage,
    said: outcome.label ?? "",
    conflict: outcome.conflict ?? null,
    number: outcome.number ?? "",
    received_at: receivedAt,
  };
}

/** What a batch has become. What the answer does not name stays as it was and is sent again with the same key. */
export function settled(batch: readonly Kept[], answer: Answer): Kept[] {
  const said = new Map(answer.outcomes.map((outcome) => [outcome.client_key, outcome]));
  return batch.map((kept) => {
    const outcome = said.get(kept.observation.client_key);
    return outcome ? answered(kept, outcome, answer.received_at) : kept;
  });
}

export interface SiteView {
  site: Site;
  /** By criterion, the last result of all that counts. */
  results: Map<number, LastResult & { own: boolean }>;
  done: number;
  total: number;
  failed: number;
  /** Records of this site that the server does not have yet. */
  waiting: number;
  /** Why it cannot be looked at today; empty when it can. A record made here says more than that nobody got in. */
  unreached: string;
  finished: boolean;
}

/** Whether a record is of no round: a problem that somebody came by on the way. */
export const elsewhere = (observation: { round_id: number }): boolean => observation.round_id === 0;

/** An area as a place to record at, where there is no site: without criteria, and of no round. */
export function areaView(area: { id: number; name: string }): SiteView {
  const site: Site = {
    round_id: 0, id: area.id, name: area.name, kind: "", kind_label: "", where: "", position: 0, state: "due", longitude: null,
    latitude: null, criteria: [], seen: {}, open: [],
  };
  return { site, results: new Map(), done: 0, total: 0, failed: 0, waiting: 0, unreached: "", finished: false };
}

export const siteKey = (site: { round_id: number; id: number }): string => `${site.round_id}-${site.id}`;

function later(one: LastResult & { own: boolean }, other: (LastResult & { own: boolean }) | undefined): boolean {
  if (!other) return true;
  const [a, b] = [Date.parse(one.at), Date.parse(other.at)];
  return a !== b ? a > b : one.own && !other.own;
}

/** Each site of the day with what is known of it. */
export function views(pack: DayPack, kept: Iterable<Kept>): Map<string, SiteView> {
  const all = new Map<string, SiteView>();
  for (const site of pack.sites) {
    const results = new Map<number, LastResult & { own: boolean }>();
    for (const [id, seen] of Object.entries(site.seen)) results.set(Number(id), { ...seen, own: false });
    all.set(siteKey(site), { site, results, done: 0, total: site.criteria.length, failed: 0, waiting: 0, unreached: site.state === "unreachable" ? site.reason || "—" : "", finished: false });
  }
  const told = new Map<SiteView, string>();
  const records = Array.from(kept).sort((a, b) => (a.observation.client_key < b.observation.client_key ? -1 : 1));
  for (const { observation, stage } of records) {
    const view = all.get(siteKey({ round_id: observation.round_id, id: observation.site_id }));
    if (!view || stage === "withdrawn") continue;
    if (stage !== "stored") view.waiting += 1;
    if (observation.result === "unreachable") {
      if (stage !== "refused" && observation.observed_at >= (told.get(view) ?? "")) {
        told.set(view, observation.observed_at);
        view.unreached = observation.words;
      }
      continue;
    }
    const result = { result: observation.result, at: observation.observed_at, key: observation.client_key, own: true };
    if (later(result, view.results.get(observation.criterion_id))) view.results.set(observation.criterion_id, result);
  }
  for (const view of all.values()) {
    view.done = view.site.criteria.filter((id) => view.results.has(id)).length;
    view.failed = view.site.criteria.filter((id) => view.results.get(id)?.result === "fail").length;
    // One record makes a site visited; it is finished when all of it was looked at.
    const { state } = view.site;
    if (view.results.size > 0 || state === "done") view.unreached = "";
    view.finished = state === "closed" || view.unreached !== "" || (view.total > 0 ? view.done === view.total : state === "done");
  }
  return all;
}

/** The criteria of a site that nobody has looked at yet. */
export function unseen(view: SiteView): number[] {
  return view.site.criteria.filter((id) => !view.results.has(id));
}

/** Metres between two points, near enough for a walk. */
export function metres(a: { longitude: number; latitude: number }, b: { longitude: number; latitude: number }): number {
  const east = (b.longitude - a.longitude) * 111_320 * Math.cos((((a.latitude + b.latitude) / 2) * Math.PI) / 180);
  return Math.hypot(east, (b.latitude - a.latitude) * 110_574);
}

/** The day's sites as one walks: as planned. Ties go by round and number, so that the list never jumps. */
export function walking(sites: readonly Site[]): Site[] {
  return [...sites].sort((a, b) => a.position - b.position || a.round_id - b.round_id || a.id - b.id);
}

/** The day's stops as one walks: a place that several rounds ask for is one of them, with a line for each round. */
export function stops(sites: readonly Site[]): { number: number; lines: Site[] }[] {
  const found: { number: number; lines: Site[] }[] = [];
  for (const site of walking(sites)) {
    const last = found.at(-1);
    if (last?.lines[0]?.id === site.id) last.lines.push(site);
    else found.push({ number: found.length + 1, lines: [site] });
  }
  return found;
}

/** Where to go from here: the next one in walking order that is not finished, after the one named. */
export function nextSite(pack: DayPack, all: Map<string, SiteView>, after: string | null): Site | null {
  const order = walking(pack.sites);
  const at = after === null ? -1 : order.findIndex((site) => siteKey(site) === after);
  const turned = [...order.slice(at + 1), ...order.slice(0, at + 1)];
  return turned.find((site) => siteKey(site) !== after && !all.get(siteKey(site))?.finished) ?? null;
}

/** What a result takes away or is worth, as the rule counts it; null where the rule needs no number. */
export function valueOf(criterion: Criterion | undefined, result: Result, chosen: number | null): number | null {
  if (!criterion || result === "not_applicable") return null;
  if (criterion.rule === "deduction") return result === "fail" ? (chosen ?? criterion.points ?? null) : null;
  if (criterion.rule === "graded") return chosen ?? (result === "pass" ? 1 : 0);
  return null;
}
