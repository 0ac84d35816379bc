import { describe, expect, it } from "vitest";

import { clockAhead, filesOf, firstBatch, pause, ready, verdict, weight } from "../../src/patrol/batches";
import { answering, criterionOf, likely, together } from "../../src/patrol/guess";
import { localDay } from "../../src/patrol/day";
import { made, newKey } from "../../src/patrol/record";
import { bodies } from "../../src/patrol/sync";
import { answered, areaView, elsewhere, joined, metres, nextSite, replay, settled, siteKey, stops, unseen, valueOf, views, walking } from "../../src/patrol/state";
import { bytes } from "../../src/patrol/waiting";
import type { Category, Criterion, DayPack, Kept, Outcome, Result, Site, Stage } from "../../src/patrol/types";

/** Numbers that are the same in every run: a failing case can be looked at again. */
function chance(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822507) + 0x9e3779b9) | 0;
    const mixed = Math.imul(state ^ (state >>> 13), 3266489909);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}

function shuffled<T>(all: readonly T[], random: () => number): T[] {
  const mixed = [...all];
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [mixed[at], mixed[other]] = [mixed[other] as T, mixed[at] as T];
  }
  return mixed;
}

function place(id: number, more: Partial<Site> = {}): Site {
  return {
    round_id: 1, id, name: `点位${id}`, kind: "market", kind_label: "农贸市场", where: "墨河社区", position: id, state: "due",
    longitude: 120.45 + id / 1000, latitude: 36.38, criteria: [1, 2, 3], seen: {}, open: [], ...more,
  };
}

function criterion(id: number, title: string, more: Partial<Criterion> = {}): Criterion {
  return { id, code: String(id), title, guidance: "", rule: "proportion", category_id: null, ...more };
}

function pack(sites: Site[], more: Partial<DayPack> = {}): DayPack {
  return {
    day: "2026-11-24", made_at: "2026-11-24T08:00:00+08:00", csrf: "", person: { id: 7, name: "王网格" },
    rounds: [{ id: 1, title: "每周巡查", kind: "weekly", theme: "", until: "2026-11-30" }], sites,
    criteria: [criterion(1, "地面无垃圾积水"), criterion(2, "垃圾桶无满溢"), criterion(3, "消防通道畅通")],
    categories: [], units: [], ground: { type: "FeatureCollection", features: [] }, conflicts: [], ...more,
  };
}

const START = Date.parse("2026-11-24T01:00:00Z");

function record(site: number, id: number, result: Result, minute: number, key: string, stage: Stage = "waiting"): Kept {
  const kept = made({ site: place(site), criterion: id, result, value: null, replaces: null }, 7, new Date(START + minute * 60_000));
  return { ...kept, stage, observation: { ...kept.observation, client_key: key } };
}

function unreached(site: number, minute: number, key: string, reason: string, stage: Stage = "waiting"): Kept {
  const kept = record(site, 0, "unreachable", minute, key, stage);
  return { ...kept, observation: { ...kept.observation, words: reason } };
}

/** What a phone may go through with its records: made, placed, sent, acknowledged, refused, in conflict, taken back. */
function history(random: () => number): Kept[] {
  const reports: Kept[] = [];
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  for (let n = 0; n < 12; n++) {
    const first = record(1 + Math.floor(random() * 3), 1 + Math.floor(random() * 3), pick(["pass", "fail", "not_applicable"]), Math.floor(random() * 6), `key-${n}`);
    reports.push(first);
    if (random() < 0.3) reports.push(unreached(1 + Math.floor(random() * 3), Math.floor(random() * 6), `shut-${n}`, `原因${n}`));
    const at = { longitude: 120.45, latitude: 36.38, accuracy_m: 5 + n };
    const placed = { ...first, observation: { ...first.observation, position: at } };
    if (random() < 0.5) reports.push(placed);
    if (random() < 0.2) reports.push({ ...first, stage: "withdrawn" });
    const outcome: Outcome = { client_key: `key-${n}`, outcome: pick(["stored", "repeated", "conflict", "refused"] as const), label: "说明" };
    if (random() < 0.7) reports.push(answered(random() < 0.5 ? placed : first, outcome, "2026-11-24T02:00:00Z"));
    if (random() < 0.3) reports.push(answered(first, { client_key: `key-${n}`, outcome: "repeated" }, "2026-11-24T03:00:00Z"));
  }
  return reports;
}

function picture(reports: Kept[]): unknown {
  const kept = replay(reports);
  const seen = views(pack([place(1), place(2), place(3, { seen: { 1: { result: "pass", at: "2026-11-24T01:03:00Z", key: "c" } } })]), kept.values());
  return {
    records: Array.from(kept.values()).sort((a, b) => (a.observation.client_key < b.observation.client_key ? -1 : 1)),
    sites: Array.from(seen.entries()).map(([key, view]) => [key, view.done, view.failed, view.waiting, view.finished, view.unreached, Array.from(view.results.entries()).sort((a, b) => a[0] - b[0])]),
  };
}

describe("records of a phone", () => {
  it("give the same state in whatever order and however often they come", () => {
    for (let seed = 1; seed <= 120; seed++) {
      const random = chance(seed);
      const reports = history(random);
      const expected = picture(reports);
      const again = shuffled([...reports, ...reports.filter(() => random() < 0.4)], random);
      expect(picture(again), `seed ${seed}`).toEqual(expected);
    }
  });

  it("join like this: who asks first does not matter, nor how they are grouped, nor asking twice", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const reports = history(chance(seed)).filter((report) => report.observation.client_key === "key-0");
      for (const a of reports) for (const b of reports) {
        expect(joined(a, b)).toEqual(joined(b, a));
        expect(joined(a, a)).toEqual(a);
        for (const c of reports) expect(joined(joined(a, b), c)).toEqual(joined(a, joined(b, c)));
      }
    }
  });

  it("never fall back: what the server has acknowledged is never sent again", () => {
    const waiting = record(1, 1, "pass", 0, "k");
    const stored = answered(waiting, { client_key: "k", outcome: "stored", number: "F1" }, "2026-11-24T02:00:00Z");
    expect(joined(stored, waiting).stage).toBe("stored");
    expect(joined(waiting, stored).number).toBe("F1");
    expect(ready([joined(waiting, stored)], 7, START + 3_600_000)).toEqual([]);
  });

  it("that an answer does not name are sent again with the same keys", () => {
    const batch = [record(1, 1, "pass", 0, "a"), record(1, 2, "pass", 1, "b")];
    const after = settled(batch, { received_at: "2026-11-24T02:00:00Z", outcomes: [{ client_key: "a", outcome: "repeated" }] });
    expect(after.map((kept) => kept.stage)).toEqual(["stored", "waiting"]);
    expect(ready(after, 7, START + 3_600_000).map((kept) => kept.observation.client_key)).toEqual(["b"]);
  });

  it("of somebody else stay, and are not sent by me", () => {
    expect(ready([record(1, 1, "pass", 0, "a")], 8, START + 3_600_000)).toEqual([]);
  });

  it("can be taken back before they leave", () => {
    const kept = record(1, 1, "pass", 0, "a");
    expect(ready([kept], 7, START + 7_900)).toEqual([]);
    expect(ready([kept], 7, START + 8_000)).toEqual([kept]);
  });
});

describe("a site", () => {
  it("counts the last result of each criterion, and knows what is left", () => {
    const records = [record(1, 1, "fail", 0, "b"), record(1, 1, "pass", 5, "a"), record(1, 2, "fail", 1, "c")];
    const view = views(pack([place(1)]), records).get("1-1");
    expect([view?.done, view?.failed, view?.waiting, view?.finished]).toEqual([2, 1, 3, false]);
    expect(view && unseen(view)).toEqual([3]);
  });

  it("does not count what was given up", () => {
    const view = views(pack([place(1)]), [record(1, 1, "fail", 0, "a", "withdrawn")]).get("1-1");
    expect(view?.done).toBe(0);
  });

  it("shows what a colleague has seen, and what I saw after that", () => {
    const seen = { 1: { result: "pass" as const, at: "2026-11-24T01:02:00Z", key: "c" } };
    const at = (minute: number) => views(pack([place(1, { seen })]), [record(1, 1, "fail", minute, "a")]).get("1-1")?.results.get(1)?.result;
    expect(at(1)).toBe("pass");
    expect(at(3)).toBe("fail");
  });

  it("counts a place that several rounds ask for as one stop, with a line for each", () => {
    const [first, second] = [place(1, { position: 1 }), place(2, { position: 2 })];
    const again = { ...first, round_id: first.round_id + 1 };
    const found = stops([second, again, first]);
    expect(found.map(({ number, lines }) => [number, lines.map((line) => line.round_id)])).toEqual([
      [1, [first.round_id, again.round_id]],
      [2, [second.round_id]],
    ]);
  });

  it("comes next in walking order after the one where somebody is, the skipped ones at the end", () => {
    const day = pack([place(3), place(1), place(2)]);
    expect(walking(day.sites).map((site) => site.id)).toEqual([1, 2, 3]);
    const all = views(day, [1, 2, 3].map((id) => record(2, id, "pass", 0, `k${id}`)));
    expect(nextSite(day, all, null)?.id).toBe(1);
    expect(nextSite(day, all, "1-1")?.id).toBe(3);
    expect(nextSite(day, all, "1-3")?.id).toBe(1);
    const closed = pack([place(1), place(2, { state: "closed" })]);
    expect(nextSite(closed, views(closed, []), siteKey(place(1)))).toBeNull();
  });

  it("is as far as it is", () => {
    expect(metres({ longitude: 120, latitude: 36 }, { longitude: 120, latitude: 36.009 })).toBeCloseTo(995, 0);
  });
});

describe("a value", () => {
  it("is what the rule counts", () => {
    expect(valueOf(criterion(1, "", { rule: "deduction", points: 0.5 }), "fail", null)).toBe(0.5);
    expect(valueOf(criterion(1, "", { rule: "deduction", points: 0.5 }), "fail", 1.5)).toBe(1.5);
    expect(valueOf(criterion(1, "", { rule: "deduction", points: 0.5 }), "pass", null)).toBeNull();
    expect(valueOf(criterion(1, "", { rule: "graded" }), "fail", 0.6)).toBe(0.6);
    expect(valueOf(criterion(1, "", { rule: "graded" }), "pass", null)).toBe(1);
    expect(valueOf(criterion(1, "", { rule: "graded" }), "not_applicable", null)).toBeNull();
    expect(valueOf(criterion(1, ""), "fail", null)).toBeNull();
  });
});

describe("a batch", () => {
  const photo = (size: number) => ({ id: newKey(), kind: "photo" as const, bytes: size });
  const heavy = (key: string, size: number) => {
    const kept = record(1, 1, "fail", 0, key);
    return { ...kept, observation: { ...kept.observation, files: [photo(size)] } };
  };

  it("holds what fits, in order, and one that is too large alone", () => {
    const limits = { observations: 3, files: 2, bytes: 100 };
    const keys = (records: Kept[]) => firstBatch(records, limits).map((kept) => kept.observation.client_key);
    expect(keys([heavy("a", 60), heavy("b", 30), heavy("c", 5)])).toEqual(["a", "b"]);
    expect(keys([heavy("a", 60), heavy("b", 60)])).toEqual(["a"]);
    expect(keys([heavy("a", 500), heavy("b", 1)])).toEqual(["a"]);
    expect(keys(["a", "b", "c", "d"].map((key) => record(1, 1, "pass", 0, key)))).toEqual(["a", "b", "c"]);
    expect(keys([])).toEqual([]);
  });

  it("takes all, whatever the sizes: nothing waits for ever", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = chance(seed);
      let left = Array.from({ length: 30 }, (_, n) => heavy(`k${n}`, Math.floor(random() * 6_000_000)));
      for (let rounds = 0; left.length > 0; rounds++) {
        expect(rounds).toBeLessThan(31);
        left = left.slice(firstBatch(left).length);
      }
    }
  });

  it("weighs what waits", () => {
    expect(weight([heavy("a", 60), { ...heavy("b", 30), stage: "stored" }])).toBe(60);
    expect([bytes(0), bytes(400), bytes(340_400), bytes(12_400_000)]).toEqual(["0 KB", "1 KB", "340 KB", "12.4 MB"]);
  });

  it("is kept whatever the server answers, unless it says that it has it or cannot take it", () => {
    expect(verdict(200, "")).toBe("sent");
    expect(verdict(401, "not_signed_in")).toBe("sign_in");
    expect(verdict(403, "csrf")).toBe("stale_page");
    expect(verdict(409, "other_person")).toBe("other_person");
    expect(verdict(413, "too_large")).toBe("smaller");
    expect(verdict(422, "missing")).toBe("refused");
    for (const status of [0, 400, 404, 409, 429, 500, 502, 503]) expect(verdict(status, ""), String(status)).toBe("later");
  });

  it("waits longer each time, never more than six minutes", () => {
    expect(pause(1, 0.5)).toBe(2000);
    for (let n = 1; n < 60; n++) expect(pause(n, 1)).toBeLessThanOrEqual(375_000);
  });
});

describe("a clock that is wrong", () => {
  it("is told, in minutes; two minutes are nobody's fault", () => {
    const server = "2026-11-24T02:00:00Z";
    expect(clockAhead(Date.parse(server) + 90_000, server)).toBe(0);
    expect(clockAhead(Date.parse(server) + 7_200_000, server)).toBe(120);
    expect(clockAhead(Date.parse(server) - 600_000, server)).toBe(-10);
    expect(clockAhead(0, "?")).toBe(0);
  });

  it("does not turn the day around", () => {
    expect(localDay(new Date(2026, 0, 5, 23, 59))).toBe("2026-01-05");
  });
});

describe("a new problem", () => {
  const categories: Category[] = [
    { id: 11, code: "0101", title: "暴露垃圾", site_kinds: [] }, { id: 12, code: "0102", title: "垃圾桶满溢", site_kinds: [] },
    { id: 13, code: "0301", title: "占用消防通道", site_kinds: ["residential"] },
  ];

  it("is guessed from the criterion: its own category first, else shared words", () => {
    expect(likely(categories, criterion(1, "垃圾桶无满溢"), place(1))[0]?.id).toBe(12);
    expect(likely(categories, criterion(1, "消防通道畅通"), place(1))[0]?.id).toBe(13);
    expect(likely(categories, criterion(1, "消防通道畅通", { category_id: 11 }), place(1))[0]?.id).toBe(11);
    expect(likely(categories, undefined, place(1, { kind: "residential" }))[0]?.id).toBe(13);
    expect(likely(categories, undefined, undefined).map((category) => category.id)).toEqual([11, 12, 13]);
    expect(likely(categories, undefined, undefined, "桶满溢了")[0]?.id).toBe(12);
  });

  it("goes to a unit that answers for it, the site's own first", () => {
    const units = [
      { id: 1, name: "环卫所", categories: [11, 12], place_ids: [] }, { id: 2, name: "消防", categories: [13], place_ids: [] },
      { id: 3, name: "市场管理方", categories: [], place_ids: [1] }, { id: 4, name: "本地环卫", categories: [11], place_ids: [1] },
    ];
    expect(answering(units, 11, place(1)).map((unit) => unit.id)).toEqual([4, 1, 3]);
    expect(answering(units, 13, place(2))[0]?.id).toBe(2);
    expect(answering(units.slice(0, 1), 13, place(2))).toHaveLength(1);
  });

  it("names its criterion by what was said", () => {
    const all = [criterion(1, "地面无垃圾积水"), criterion(3, "消防通道畅通")];
    expect(criterionOf(all, "消防通道停了车")?.id).toBe(3);
    expect(criterionOf(all, "")?.id).toBe(1);
  });

  it("has a key that nobody else has", () => {
    const keys = Array.from({ length: 500 }, newKey);
    expect(new Set(keys).size).toBe(500);
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe("a site that cannot be looked at", () => {
  const seen = (...kept: Kept[]) => views(pack([place(1), place(2, { state: "unreachable", reason: "大门锁了" }), place(3, { reason: "昨天没开门" })]), kept);
  const view = (all: ReturnType<typeof views>, id: number) => all.get(`1-${id}`)!;

  it("is finished with its reason, the latest one, and waits to be sent", () => {
    const all = seen(unreached(1, 4, "b", "进不去"), unreached(1, 2, "a", "没开门"));
    expect([view(all, 1).unreached, view(all, 1).finished, view(all, 1).waiting, view(all, 1).done]).toEqual(["进不去", true, 2, 0]);
    expect([view(all, 2).unreached, view(all, 2).finished]).toEqual(["大门锁了", true]);
    expect([view(all, 3).unreached, view(all, 3).finished]).toEqual(["", false]);
  });

  it("is due again when the report was refused, and looked at once a record is made, whichever came first", () => {
    expect(view(seen(unreached(1, 4, "b", "进不去", "refused")), 1).unreached).toBe("");
    for (const minute of [1, 9]) expect(view(seen(unreached(1, 4, "b", "进不去"), record(1, 1, "pass", minute, "a")), 1).unreached).toBe("");
  });

  it("travels in the same batch as the records, as a report of its own", () => {
    const sent = bodies([record(1, 1, "pass", 1, "a"), unreached(2, 2, "b", "没开门")]);
    expect(sent.observations).toHaveLength(1);
    expect(sent.unreached).toEqual([{ client_key: "b", round_id: 1, site_id: 2, reason: "没开门", observed_at: "2026-11-24T01:02:00.000Z" }]);
  });
});

describe("a problem at no site", () => {
  const met = (key: string): Kept => {
    const kept = made({ site: areaView({ id: 40, name: "第1网格" }).site, criterion: 0, result: "fail", value: null, replaces: null, words: "垃圾" }, 7, new Date(START));
    return { ...kept, observation: { ...kept.observation, client_key: key, position: { longitude: 120.4, latitude: 36.3, accuracy_m: 9 } } };
  };

  it("travels as a problem, with its area and no round", () => {
    const sent = bodies([record(1, 1, "pass", 1, "a"), met("p")]);
    expect(sent.observations).toHaveLength(1);
    expect(sent.problems).toEqual([{
      client_key: "p", place_id: 40, words: "垃圾", observed_at: "2026-11-24T01:00:00.000Z", longitude: 120.4, latitude: 36.3, accuracy_m: 9,
      photos: [], finding: null,
    }]);
  });

  it("says nothing of any site", () => {
    const day = pack([place(1), place(40)]);
    expect(Array.from(views(day, [met("p")]).values())).toEqual(Array.from(views(day, []).values()));
    expect(elsewhere(met("p").observation)).toBe(true);
    expect(elsewhere(record(1, 1, "pass", 1, "a").observation)).toBe(false);
  });
});

describe("joint enforcement", () => {
  const file = (id: string) => ({ id, kind: "photo" as const, bytes: 10 });

  it("offers first who supports the category at the site, then the others as they came", () => {
    const unit = (id: number, supports: number[], place_ids = [1]) => ({ id, name: String(id), categories: [9], supports, place_ids });
    const units = [unit(1, []), unit(2, [4], [2]), unit(3, [4])];
    expect(together(units, 4, place(1)).map((one) => one.id)).toEqual([3, 1, 2]);
    expect(together(units, null, place(1)).map((one) => one.id)).toEqual([1, 2, 3]);
  });

  it("is never proposed as the lead by a unit that only supports", () => {
    const units = [{ id: 1, name: "协办", categories: [], supports: [4], place_ids: [1] }, { id: 2, name: "主办", categories: [4], supports: [], place_ids: [1] }];
    expect(answering(units, 4, place(1)).map((one) => one.id)).toEqual([2]);
  });

  it("carries every signature, and records of an older page that knew of none", () => {
    const kept = record(1, 1, "fail", 1, "a");
    const finding = { client_key: "f", category_id: 1, advice: "", handling: "hand_over" as const, lead_organisation_id: 1, co_organisation_ids: [], receiver_name: "李", signature: file("lead"), after: [] };
    const signed = { ...finding, co_receivers: [{ organisation_id: 2, name: "", signature: file("co") }, { organisation_id: 3, name: "赵", signature: null }] };
    const ids = (one: typeof finding) => filesOf({ ...kept, observation: { ...kept.observation, finding: one } }).map((entry) => entry.id);
    expect(ids(signed)).toEqual(["lead", "co"]);
    expect(ids(finding)).toEqual(["lead"]);
    const body = bodies([{ ...kept, observation: { ...kept.observation, finding: signed } }]).observations[0] as { finding: { co_receivers: unknown } };
    expect(body.finding.co_receivers).toEqual([{ organisation_id: 2, name: "", signature: "co" }, { organisation_id: 3, name: "赵", signature: null }]);
  });
});

describe("the category that the standard names", () => {
  const category = (id: number, title: string, site_kinds: string[] = []): Category => ({ id, code: String(id).padStart(2, "0"), title, site_kinds });
  const all = [category(1, "消防隐患", ["market"]), category(2, "垃圾箱损坏"), category(3, "道路不洁", ["market"])];

  it("comes first, whatever the words say", () => {
    expect(likely(all, criterion(2, "垃圾箱无损坏", { category_id: 3 }), place(1), "垃圾箱损坏")[0]?.id).toBe(3);
  });

  it("is guessed from the criteria of the site where none is chosen, and words still decide", () => {
    const here = [criterion(1, "一", { category_id: 3 }), criterion(2, "二", { category_id: 3 }), criterion(3, "三", { category_id: 1 })];
    expect(likely(all, undefined, place(1), "", here)[0]?.id).toBe(3);
    expect(likely(all, undefined, place(1), "垃圾箱损坏了", here)[0]?.id).toBe(2);
  });
});
