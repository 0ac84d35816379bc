import { describe, expect, it } from "vitest";

import { readFacts } from "../src/lib/exif";

/** A JPEG header as a phone writes it: EXIF with time, offset, and a place in degrees, minutes, seconds. */
function jpeg(little: boolean, latitudeMark = "N"): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(400));
  const tiff = 12;
  view.setUint16(0, 0xffd8);
  view.setUint16(2, 0xffe1);
  view.setUint16(4, 380);
  view.setUint32(6, 0x45786966);
  const short = (at: number, value: number) => view.setUint16(tiff + at, value, little);
  const long = (at: number, value: number) => view.setUint32(tiff + at, value, little);
  const text = (at: number, value: string) => [...value].forEach((c, i) => view.setUint8(tiff + at + i, c.charCodeAt(0)));
  const entry = (at: number, tag: number, type: number, count: number, value: number | string) => {
    short(at, tag);
    short(at + 2, type);
    long(at + 4, count);
    if (typeof value === "string") text(at + 8, value);
    else long(at + 8, value);
  };
  view.setUint16(tiff, little ? 0x4949 : 0x4d4d);
  short(2, 42);
  long(4, 8);
  short(8, 2);
  entry(10, 0x8769, 4, 1, 40);
  entry(22, 0x8825, 4, 1, 80);
  short(40, 2);
  entry(42, 0x9003, 2, 20, 200);
  entry(54, 0x9011, 2, 7, 230);
  text(200, "2026:11:23 09:12:30\0");
  text(230, "+08:00\0");
  short(80, 4);
  entry(82, 1, 2, 2, latitudeMark);
  entry(94, 2, 5, 3, 250);
  entry(106, 3, 2, 2, "E");
  entry(118, 4, 5, 3, 280);
  [[36, 1], [22, 1], [3000, 100], [120, 1], [26, 1], [4824, 100]].forEach(([a, b], i) => {
    long((i < 3 ? 250 : 280 - 24) + i * 8, a as number);
    long((i < 3 ? 250 : 280 - 24) + i * 8 + 4, b as number);
  });
  return view.buffer;
}

describe("facts of a photo", () => {
  it.each([true, false])("reads time and place in both byte orders", (little) => {
    const facts = readFacts(jpeg(little));
    expect(facts.takenAt).toBe("2026-11-23T09:12:30+08:00");
    expect(facts.latitude).toBeCloseTo(36 + 22 / 60 + 30 / 3600, 6);
    expect(facts.longitude).toBeCloseTo(120 + 26 / 60 + 48.24 / 3600, 6);
  });

  it("knows the southern half", () => {
    expect(readFacts(jpeg(true, "S")).latitude).toBeLessThan(0);
  });

  it("answers nothing for what is no JPEG, has no EXIF, or is damaged", () => {
    expect(readFacts(new ArrayBuffer(0))).toEqual({});
    expect(readFacts(new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 0]).buffer)).toEqual({});
    expect(readFacts(new Uint8Array([0xff, 0xd8, 0xff, 0xda, 0, 2, 0, 0, 0, 0, 0, 0]).buffer)).toEqual({});
    const whole = jpeg(true);
    for (const length of [14, 20, 60, 100, 215, 260]) expect(() => readFacts(whole.slice(0, length))).not.toThrow();
  });
});
