// Proves the tokens: every pair of colours that meets on a page has the contrast WCAG 2.1 AA asks for, in both themes.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const TEXT = 4.5;
const SHAPE = 3;
const GROUNDS = ["ground", "surface", "raised", "sunken", "hover"];
export const PAIRS = [
  ...GROUNDS.flatMap((ground) => ["ink", "ink-soft"].map((ink) => [ink, ground, TEXT])),
  ...["ground", "surface", "raised", "sunken"].map((ground) => ["ink-faint", ground, TEXT]),
  ...["ground", "surface", "raised", "accent-soft", "hover"].map((ground) => ["accent-ink", ground, TEXT]),
  ...["ground", "surface", "red-soft"].map((ground) => ["red", ground, TEXT]),
  ...["ground", "surface", "amber-soft"].map((ground) => ["amber", ground, TEXT]),
  ...["ground", "surface", "blue-soft"].map((ground) => ["blue", ground, TEXT]),
  ...["red-soft", "amber-soft", "blue-soft", "accent-soft"].flatMap((soft) => [["ink", soft, TEXT], ["ink-soft", soft, TEXT]]),
  ["on-accent", "accent", TEXT],
  ["on-accent", "accent-strong", TEXT],
  ["on-red", "red-fill", TEXT],
  ...["ground", "surface", "sunken"].flatMap((ground) => [["edge", ground, SHAPE], ["focus", ground, SHAPE]]),
  ["accent", "ground", SHAPE],
  ["red-fill", "surface", SHAPE],
  ["map-label", "map-land", TEXT],
];

export function readTokens(css) {
  const block = (start) => {
    const from = css.indexOf(start);
    return Object.fromEntries(
      [...css.slice(from, css.indexOf("\n}", from)).matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((m) => [m[1], m[2]]),
    );
  };
  const light = block(":root {");
  return { light, dark: { ...light, ...block(':root[data-theme="dark"] {') } };
}

function luminance(hex) {
  const part = (at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}

export function contrast(a, b) {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

/** Pairs that are too weak: [theme, one, other, contrast, needed]. */
export function weakPairs(css) {
  return Object.entries(readTokens(css)).flatMap(([theme, colours]) =>
    PAIRS.map(([one, other, needed]) => [theme, one, other, contrast(colours[one], colours[other]), needed]).filter(
      ([, , , found, needed]) => !(found >= needed),
    ),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const css = readFileSync(join(import.meta.dirname, "..", "src", "styles", "tokens.css"), "utf8");
  const weak = weakPairs(css);
  for (const [theme, one, other, found, needed] of weak) {
    console.log(`${theme}: ${one} on ${other} is ${found.toFixed(2)}, needs ${needed}`);
  }
  console.log(`${PAIRS.length * 2} pairs checked, ${weak.length} too weak`);
  process.exitCode = weak.length ? 1 : 0;
}
