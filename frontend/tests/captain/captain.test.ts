import { describe, expect, it } from "vitest";

import { body, empty, said, unfinished, waiting, type Draft } from "../../src/captain/drafts";
import { verdict } from "../../src/captain/send";

const NOW = 1_800_000_000_000;
const draft = (key: string, more: Partial<Draft> = {}): Draft => ({ ...empty(key, "7"), words: "灯不亮", made: NOW, ...more });

describe("what a captain entered", () => {
  it("is gone on with: the latest that is not sent off, of this person, of today or refused", () => {
    const all = [draft("a", { made: NOW - 5 }), draft("b"), draft("c", { ready: true, made: NOW + 1 }), draft("d", { person: "8", made: NOW + 2 })];
    expect(unfinished(all, "7", NOW)?.key).toBe("b");
    expect(unfinished([draft("old", { made: NOW - 25 * 3_600_000 })], "7", NOW)).toBeNull();
    expect(unfinished([draft("old", { made: NOW - 25 * 3_600_000, refused: "照片打不开" })], "7", NOW)?.key).toBe("old");
    expect(unfinished([draft("nothing", { words: "  " })], "7", NOW)).toBeNull();
  });

  it("waits to be sent, the oldest first, and nobody else's goes with it", () => {
    const all = [draft("b", { ready: true }), draft("a", { ready: true, made: NOW - 1 }), draft("c"), draft("d", { ready: true, person: "8" })];
    expect(waiting(all, "7").map((one) => one.key)).toEqual(["a", "b"]);
  });

  it("is something as soon as there is a photo, a word or a sound", () => {
    expect(said(empty("a", "7"))).toBe(false);
    for (const more of [{ words: "灯" }, { photos: [{ blob: new Blob(["x"]) }] }, { after: [{ blob: new Blob(["x"]) }] }, { sound: new Blob(["x"]) }]) expect(said({ ...empty("a", "7"), ...more })).toBe(true);
  });

  it("travels with when and where each photo was taken, in their order", () => {
    const form = body(draft("a", { photos: [{ blob: new Blob(["1"]), taken_at: "2026-11-24T08:00:00" }, { blob: new Blob(["2"]), lon: 120.4, lat: 36.3 }], after: [{ blob: new Blob(["3"]) }] }));
    expect(JSON.parse(String(form.get("facts")))).toEqual({ photos: [{ taken_at: "2026-11-24T08:00:00" }, { lon: 120.4, lat: 36.3 }], after: [{}] });
    expect([form.getAll("photos").length, form.getAll("after").length, form.get("voice"), form.get("place"), form.get("key")]).toEqual([2, 1, null, null, "a"]);
  });
});

describe("an answer", () => {
  it("ends the waiting only when the server has it", () => {
    expect([201, 409].map((status) => verdict(status, false))).toEqual(["sent", "sent"]);
    expect([0, 429, 500, 502, 404].map((status) => verdict(status, false))).toEqual(Array(5).fill("later"));
    expect([413, 415, 422].map((status) => verdict(status, false))).toEqual(Array(3).fill("refused"));
    expect([verdict(0, true), verdict(401, false), verdict(403, false)]).toEqual(Array(3).fill("sign_in"));
  });
});
