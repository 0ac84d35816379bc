import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { ICONS, sprite } from "../scripts/icons.mjs";
import { contrast, weakPairs } from "../scripts/contrast.mjs";
import { chartOption, endOffsets } from "../src/lib/charts";
import { boxOf, meet } from "../src/lib/ground";
import { classBounds, labelPoints, mapStyle } from "../src/lib/layers";
import { isTyping, moved } from "../src/lib/keys";
import { fileName } from "../src/lib/picture";
import { coordinate } from "../src/lib/place";
import { fit } from "../src/lib/shrink";
import { stay } from "../src/lib/toasts";
import { factFields } from "../src/lib/upload";
import { clock } from "../src/lib/voice";
import { fill } from "../src/lib/words";

describe("colours", () => {
  it("have the contrast of WCAG 2.1 AA in both themes", () => {
    const css = readFileSync(join(import.meta.dirname, "..", "src", "styles", "tokens.css"), "utf8");
    expect(weakPairs(css)).toEqual([]);
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 5);
  });
});

describe("icons", () => {
  it("are all in the sprite, drawn and without a frame", () => {
    const all = sprite();
    for (const name of Object.keys(ICONS)) expect(all).toMatch(new RegExp(`<symbol id="${name}"[^>]*><`));
    expect(all).not.toContain('stroke="none"');
  });
});

describe("photos", () => {
  it("shrink to 1600 px and never grow", () => {
    expect(fit(4000, 3000)).toEqual({ width: 1600, height: 1200 });
    expect(fit(3000, 4000)).toEqual({ width: 1200, height: 1600 });
    expect(fit(800, 600)).toEqual({ width: 800, height: 600 });
    expect(fit(20000, 1)).toEqual({ width: 1600, height: 1 });
  });

  it("send what EXIF said beside them, a place only when it is whole", () => {
    expect(factFields({ takenAt: "2026-11-23T09:12:30", longitude: 120.4467333, latitude: 36.375 })).toEqual([
      ["taken_at", "2026-11-23T09:12:30"], ["lon", "120.446733"], ["lat", "36.375000"],
    ]);
    expect(factFields({ latitude: 36 })).toEqual([]);
  });
});

describe("keyboard", () => {
  it("stays inside the list", () => {
    expect(moved(-1, 1, 3)).toBe(0);
    expect(moved(-1, -1, 3)).toBe(2);
    expect(moved(2, 1, 3)).toBe(2);
    expect(moved(0, -1, 3)).toBe(0);
    expect(moved(0, 1, 0)).toBe(-1);
  });

  it("leaves writing alone, but not tick boxes", () => {
    const press = (html: string, init: KeyboardEventInit = {}) => {
      document.body.innerHTML = html;
      const event = new KeyboardEvent("keydown", { key: "j", bubbles: true, ...init });
      let typing = false;
      document.body.addEventListener("keydown", (e) => (typing = isTyping(e)), { once: true });
      document.body.firstElementChild?.dispatchEvent(event);
      return typing;
    };
    expect(press("<input>")).toBe(true);
    expect(press("<textarea></textarea>")).toBe(true);
    expect(press('<input type="checkbox">')).toBe(false);
    expect(press("<button></button>")).toBe(false);
    expect(press("<button></button>", { ctrlKey: true })).toBe(true);
  });
});

describe("map", () => {
  const square = {
    type: "Feature" as const,
    id: 7,
    geometry: { type: "Polygon" as const, coordinates: [[[120, 36], [121, 36], [121, 37], [120, 37], [120, 36]]] },
    properties: { id: 7, kind: "grid", name: "第3网格", label: [120.5, 36.5] },
  };

  it("knows rectangles", () => {
    expect(boxOf(square)).toEqual({ west: 120, south: 36, east: 121, north: 37 });
    const far = { west: 130, south: 36, east: 131, north: 37 };
    expect(meet(boxOf(square), far)).toBe(false);
    expect(meet(boxOf(square), { ...far, west: 121 })).toBe(true);
  });

  it("labels areas where the server says, roads along their line", () => {
    const road = { ...square, properties: { ...square.properties, kind: "road" } };
    const points = labelPoints([square, road]);
    expect(points.features.map((point) => point.geometry.coordinates)).toEqual([[120.5, 36.5]]);
  });

  it("classes rise strictly, whatever the counts", () => {
    for (const counts of [[], [0], [1], [5, 5, 5, 5], [1, 2, 3, 4, 100], [0, 0, 9]]) {
      const bounds = classBounds(counts);
      expect(bounds).toHaveLength(4);
      bounds.slice(1).forEach((bound, i) => expect(bound).toBeGreaterThan(bounds[i] as number));
    }
  });

  it("asks no other server for letters or tiles unless the operator named one", () => {
    const style = mapStyle({ surface: "#fff" }, null, null);
    expect(style.glyphs).toBeUndefined();
    expect(style.sprite).toBeUndefined();
    expect(JSON.stringify(style)).not.toContain("http");
    expect(JSON.stringify(mapStyle({}, { url: "https://t/{z}", credit: "" }, null))).toContain("https://t/{z}");
  });
});

describe("texts and times", () => {
  it("fill in what the page's language asks for", () => {
    expect(fill("已选 {n} 件", { n: 3 })).toBe("已选 3 件");
    expect(fill("{other}", {})).toBe("{other}");
    expect(fill(undefined, {})).toBe("");
  });

  it("show recordings, positions and toasts", () => {
    expect([clock(0), clock(65.9), clock(-1)]).toEqual(["0:00", "1:05", "0:00"]);
    expect(coordinate(120.44673333)).toBe("120.446733");
    expect(stay("8", "已派遣")).toBe(8000);
    expect(stay(undefined, "短")).toBeLessThan(stay(undefined, "长".repeat(80)));
  });
});

describe("charts", () => {
  it("start at zero and name each line at its end", () => {
    const option = chartOption(
      { kind: "line", names: ["一", "二"], series: [{ name: "收到", values: [1, 2] }, { name: "办结", values: [1, 1] }] },
      { ink: "#000" },
    ) as { yAxis: { min: number }; series: { endLabel: { show: boolean } }[] };
    expect(option.yAxis.min).toBe(0);
    expect(option.series.every((one) => one.endLabel.show)).toBe(true);
  });

  it("keep the names of lines that end alike apart, and leave the others where they are", () => {
    const ending = (...ends: number[]) => ({
      kind: "line" as const,
      names: ["一"],
      series: ends.map((end) => ({ name: `${end}`, values: [end, null] })),
    });
    expect(endOffsets(ending(10, 5), 256)).toEqual([0, 0]);
    expect(endOffsets(ending(10, 10), 256)).toEqual([0, 18]);
    expect(endOffsets(ending(10, 10, 10), 256)).toEqual([0, 18, 36]);
    // At the bottom there is no room below: all move up together.
    expect(endOffsets(ending(0, 0), 256)).toEqual([-18, 0]);
    expect(endOffsets({ kind: "line", names: [], series: [{ name: "无", values: [] }] }, 0)).toEqual([0]);
  });
});

describe("pictures", () => {
  it("get a name that every file system takes", () => {
    expect(fileName("通济街道 · 各网格未办结")).toBe("通济街道-·-各网格未办结.png");
    expect(fileName('a/b:"c"?')).toBe("a-b-c.png");
    expect(fileName(" / ")).toBe("linli.png");
  });
});
