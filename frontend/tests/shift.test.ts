import type { FeatureCollection } from "geojson";
import { describe, expect, it } from "vitest";

import { fromGcj, movedOnto, shiftFor, toGcj, type At } from "../src/lib/shift";

// What linli/kernel/coordinates.py answers for these points (tests/kernel/test_coordinates.py holds the same ones).
const KNOWN: [At, At][] = [
  [[120.4467333, 36.375], [120.45181855562957, 36.37532658217942]],
  [[120.3826, 36.0671], [120.38773308004247, 36.06737622755961]],
  [[116.397428, 39.90923], [116.40367162595768, 39.91063350638631]],
  [[72.01, 1.0], [72.01371890119863, 1.0012335479009196]],
  [[137.8, 55.0], [137.80893196266277, 55.002541844226066]],
];

describe("shifted base maps", () => {
  it("are met as the server would convert", () => {
    for (const [plain, gcj] of KNOWN) {
      expect(toGcj(plain)[0]).toBeCloseTo(gcj[0], 9);
      expect(toGcj(plain)[1]).toBeCloseTo(gcj[1], 9);
      expect(fromGcj(gcj)[0]).toBeCloseTo(plain[0], 9);
      expect(fromGcj(gcj)[1]).toBeCloseTo(plain[1], 9);
    }
  });

  it("leave what lies outside of China alone", () => {
    expect(toGcj([-0.1276, 51.5072])).toEqual([-0.1276, 51.5072]);
    expect(fromGcj([-0.1276, 51.5072])).toEqual([-0.1276, 51.5072]);
  });

  it("shift only under tiles that say so", () => {
    const at: At = [120.4467333, 36.375];
    expect(shiftFor("GCJ-02", true).onto(at)).not.toEqual(at);
    expect(shiftFor("GCJ-02", false).onto(at)).toEqual(at);
    expect(shiftFor("EPSG:4326", true).onto(at)).toEqual(at);
  });

  it("carry shapes, labels and boxes along and leave the given data alone", () => {
    const data: FeatureCollection = {
      type: "FeatureCollection",
      bbox: [120.38, 36.06, 120.39, 36.07],
      features: [
        {
          type: "Feature",
          properties: { name: "墨河社区", label: [120.3826, 36.0671] },
          geometry: { type: "Polygon", coordinates: [[[120.38, 36.06], [120.39, 36.06], [120.39, 36.07], [120.38, 36.06]]] },
        },
      ],
    };
    const before = JSON.stringify(data);
    const moved = movedOnto(shiftFor("GCJ-02", true), data);
    const ring = (moved.features[0]?.geometry as unknown as { coordinates: At[][] }).coordinates[0] as At[];
    expect(ring[0]).toEqual(toGcj([120.38, 36.06]));
    expect(moved.features[0]?.properties?.["label"]).toEqual(toGcj([120.3826, 36.0671]));
    expect(moved.bbox?.slice(0, 2)).toEqual(toGcj([120.38, 36.06]));
    expect(JSON.stringify(data)).toBe(before);
    expect(movedOnto(shiftFor("", false), data)).toBe(data);
  });
});
