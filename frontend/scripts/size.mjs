// What a page loads before its map, gzipped, against its budget. Fails when the public report page is over 90 kB.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const build = join(import.meta.dirname, "..", "..", "linli", "static", "build");
const manifest = JSON.parse(readFileSync(join(build, ".vite", "manifest.json"), "utf8"));
const BUDGETS = [
  ["public report page", 90, ["src/public.css", "src/public.ts", "src/icons.svg", "src/images/down.svg"]],
  ["patrol page", 120, ["src/patrol.css", "src/patrol/main.ts", "src/icons.svg", "src/images/down.svg"]],
  ["staff desk", 120, ["src/desk.css", "src/desk.ts", "src/icons.svg", "src/images/down.svg"]],
];
// Scripts alone: what a cheap phone has to read before the patrol's page lives.
const SCRIPTS = [["patrol, scripts without the map", 60, ["src/patrol/main.ts", "src/patrol/worker.ts"]]];

function files(key, found = new Set()) {
  const entry = manifest[key];
  if (!entry || found.has(entry.file)) return found;
  found.add(entry.file);
  for (const sheet of entry.css ?? []) found.add(sheet);
  for (const other of entry.imports ?? []) files(other, found);
  return found;
}

let over = false;
for (const [page, budget, keys] of [...BUDGETS, ...SCRIPTS]) {
  const found = new Set(keys.flatMap((key) => [...files(key)]));
  const sizes = [...found].map((file) => [file, gzipSync(readFileSync(join(build, file)), { level: 6 }).length / 1000]);
  const total = sizes.reduce((sum, [, size]) => sum + size, 0);
  console.log(`${page}: ${total.toFixed(1)} kB gz of ${budget} (without the page's own text)`);
  for (const [file, size] of sizes) console.log(`  ${size.toFixed(1).padStart(6)}  ${file}`);
  over ||= total > budget;
}
process.exitCode = over ? 1 : 0;
