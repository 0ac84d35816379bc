import jsQR from "jsqr";
import { describe, expect, it } from "vitest";

import { cellsOf } from "../src/lib/qr";

/** What a camera sees: four pixels for a cell, and the quiet zone. */
function seen(text: string): string | undefined {
  const cells = cellsOf(text);
  const size = (cells.length + 8) * 4;
  const pixels = new Uint8ClampedArray(size * size * 4).fill(255);
  cells.forEach((row, y) => row.forEach((dark, x) => {
    if (!dark) return;
    for (let dy = 0; dy < 4; dy++) for (let dx = 0; dx < 4; dx++) pixels.set([0, 0, 0], (((y + 4) * 4 + dy) * size + (x + 4) * 4 + dx) * 4);
  }));
  return jsQR(pixels, size, size)?.data;
}

describe("a code drawn on the phone", () => {
  it("is read back, for every length that it holds", () => {
    for (let length = 1; length <= 213; length += 7) {
      const text = Array.from({ length }, (_, place) => "https://linli.example/activities/17/here/?c=59-a2"[place % 49]).join("");
      expect(seen(text), `${length}`).toBe(text);
    }
  });

  it("refuses what is too long", () => {
    expect(() => cellsOf("x".repeat(214))).toThrow();
  });
});
