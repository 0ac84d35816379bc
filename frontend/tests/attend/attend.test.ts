import { describe, expect, it } from "vitest";

import { codeIn, next } from "../../src/attend/here";
import { last } from "../../src/attend/lead";
import { batches, body, verdict } from "../../src/attend/send";
import { stale, type Kept } from "../../src/attend/store";

const NOW = Date.parse("2026-11-24T09:00:00Z");
const CODE = `59999999-${"a2".repeat(8)}`;

function kept(key: string, more: Partial<Kept> = {}): Kept {
  return { key, kind: "tick", address: "/activities/7/lead/ticks/", person: 5, at: "2026-11-24T08:00:00Z", until: NOW + 1, data: { person: 9, out: false }, refused: "", ...more };
}

describe("what lies on the phone", () => {
  it("goes after its time, and names that somebody else typed go when another person is signed in", () => {
    const queue = [kept("tick"), kept("old", { until: NOW - 1 }), kept("named", { kind: "walk_in" }), kept("own", { kind: "own" })];
    expect(stale(queue, NOW).map((one) => one.key)).toEqual(["old"]);
    expect(stale(queue, NOW, 5).map((one) => one.key)).toEqual(["old"]);
    expect(stale(queue, NOW, 6).map((one) => one.key)).toEqual(["old", "named"]);
  });

  it("says who came and left last", () => {
    const queue = [kept("a"), kept("b", { data: { person: 9, out: true } }), kept("c", { data: { person: 8, out: false } })];
    expect([last(queue, 9), last(queue, 8), last(queue, 7)]).toEqual(["out", "in", ""]);
    expect([next([], "out"), next([], "in"), next([kept("a", { kind: "own", data: { out: false } })], "in")]).toEqual(["out", "in", "out"]);
    expect(next([kept("a", { kind: "own", data: { out: true } })], "in")).toBe("out");
  });
});

describe("sending", () => {
  it("parts by address and person, leaves out what was refused, and takes twenty at most", () => {
    const queue = [kept("a"), kept("b", { person: 6 }), kept("c", { address: "/x/" }), kept("d", { refused: "太晚" }), kept("e")];
    expect(batches(queue).map((batch) => batch.map((one) => one.key))).toEqual([["a", "e"], ["b"], ["c"]]);
    expect(batches(Array.from({ length: 30 }, (_, number) => kept(`k${number}`)))[0]).toHaveLength(20);
  });

  it("says the phone's time for each and when it sends", () => {
    const walked = kept("w", { kind: "walk_in", data: { name: "路过的", phone: "13911112222" } });
    expect(JSON.parse(body([kept("a"), walked], new Date(NOW)))).toEqual({
      person: 5, sent_at: "2026-11-24T09:00:00.000Z",
      ticks: [{ key: "a", at: "2026-11-24T08:00:00Z", person: 9, out: false }],
      walk_ins: [{ key: "w", at: "2026-11-24T08:00:00Z", name: "路过的", phone: "13911112222" }],
    });
  });

  it("knows what answers mean", () => {
    expect([200, 400, 404, 422, 401, 409, 403, 500, 503, 429].map((status) => verdict(status, false))).toEqual(
      ["answered", "refused", "refused", "refused", "sign_in", "sign_in", "stale_form", "later", "later", "later"]);
    expect(verdict(0, true)).toBe("sign_in");
  });
});

describe("a scanned code", () => {
  it("is the address of this activity's check-in and nothing else", () => {
    expect(codeIn(`https://a.example/activities/7/here/?c=${CODE}`, "/activities/7/here/")).toBe(CODE);
    for (const text of ["", CODE, `https://a.example/activities/8/here/?c=${CODE}`, "https://a.example/activities/7/here/?c=1-x", "WIFI:S:home;;"])
      expect(codeIn(text, "/activities/7/here/")).toBe("");
  });
});
