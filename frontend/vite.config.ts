import { defineConfig } from "vitest/config";
import { resolve } from "node:path";
// @ts-expect-error a plain module, so that Node runs it without a compiler
import { iconSprite } from "./scripts/icons.mjs";

const source = (name: string) => resolve(import.meta.dirname, "src", name);

export default defineConfig({
  base: "/static/build/",
  publicDir: false,
  plugins: [iconSprite()],
  build: {
    outDir: resolve(import.meta.dirname, "../linli/static/build"),
    emptyOutDir: true,
    manifest: true,
    target: ["es2021", "chrome90", "safari14.1"],
    cssTarget: ["chrome90", "safari14.1"],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    rollupOptions: {
      input: ["public.css", "desk.css", "map.css", "public.ts", "desk.ts", "map.ts", "board.ts",
        "patrol.css", "patrol/main.ts", "patrol/worker.ts", "captain/main.ts", "counter/main.ts",
        "attend/worker.ts"].map(source),
    },
  },
  worker: { format: "es" },
  test: { environment: "jsdom", include: ["tests/**/*.test.ts"] },
});
