// The icons of the interface: outlines of @tabler/icons (MIT), joined into one sprite at build time.
// A name here is what `{% icon "name" %}` takes.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const outlines = join(import.meta.dirname, "..", "node_modules", "@tabler", "icons", "icons", "outline");

/** Our name → Tabler's file name. Ours say what the icon means, so that a picture can change in one place. */
export const ICONS = {
  home: "home", report: "message-report", track: "list-search", map: "map-2", me: "user-circle", desk: "inbox",
  board: "chart-bar", people: "users", places: "map-pins", settings: "settings", more: "dots", menu: "menu-2",
  search: "search", filter: "adjustments-horizontal", close: "x", back: "arrow-left", next: "chevron-right",
  previous: "chevron-left", down: "chevron-down", up: "chevron-up", forward: "arrow-right", add: "plus",
  check: "check", done: "circle-check", waiting: "player-pause", open: "circle-dot", dropped: "circle-minus",
  calm: "clock", amber: "clock-exclamation", red: "alert-triangle", provisional: "calendar-question",
  info: "info-circle", warning: "alert-triangle", error: "alert-circle", help: "help-circle",
  camera: "camera", photo: "photo", photos: "photo-plus", voice: "microphone", stop: "player-stop", play: "player-play",
  pin: "map-pin", here: "current-location", route: "route", layers: "stack-2", list: "list", grid: "grid-dots",
  phone: "phone", emergency: "phone-call", mail: "mail", bell: "bell", link: "link", qr: "qrcode", print: "printer",
  download: "download", upload: "upload", copy: "copy", edit: "pencil", trash: "trash", undo: "arrow-back-up",
  redo: "refresh", send: "send", dispatch: "arrow-fork", sign: "signature", reply: "message-check", verify: "eye-check",
  rate: "star", star: "star", thumb: "thumb-up", unhappy: "mood-sad", neutral: "mood-neutral", happy: "mood-smile",
  comment: "message-circle", internal: "lock", lock: "lock", key: "key", logout: "logout", login: "login",
  shield: "shield-check", eye: "eye", history: "history", calendar: "calendar", building: "building",
  organisation: "building-community", household: "home-2", category: "category", tag: "tag", flag: "flag",
  urgent: "urgent", supervise: "speakerphone", merge: "git-merge", split: "arrows-split", compare: "columns-2",
  sun: "sun", moon: "moon", contrast: "brightness-half", text: "text-size", language: "language",
  attachment: "paperclip", file: "file-text", keyboard: "keyboard", external: "external-link", drag: "grip-vertical",
  table: "table", walk: "walk", heart: "heart", leaf: "leaf", handover: "arrows-exchange", roster: "calendar-user",
  extension: "calendar-plus", suspend: "player-pause", withdraw: "arrow-back", duplicate: "copy", data: "database",
};

const BRAND =
  '<symbol id="linli" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" ' +
  'stroke-linecap="round" stroke-linejoin="round"><path d="M3 20v-8l5-4.5 5 4.5v8"/>' +
  '<path d="M10.5 6.6 14 3.5l7 6.3V20"/><path d="M2 20h20"/><path d="M8 20v-4"/><path d="M17 20v-5"/></symbol>';

/** One <symbol> out of a Tabler file: its drawing without the invisible frame. */
export function symbol(name, svg) {
  const inner = svg
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/^[\s\S]*?<svg[^>]*>/, "")
    .replace(/<\/svg>\s*$/, "")
    .replace(/<path[^>]*stroke="none"[^>]*\/>/g, "")
    .replace(/\s+/g, " ")
    .trim();
  return (
    `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" ` +
    `stroke-linecap="round" stroke-linejoin="round">${inner}</symbol>`
  );
}

/** The whole sprite as text. */
export function sprite() {
  const symbols = Object.entries(ICONS).map(([name, file]) =>
    symbol(name, readFileSync(join(outlines, `${file}.svg`), "utf8")),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg">${BRAND}${symbols.join("")}</svg>`;
}

/** Vite plugin: puts the sprite beside the other assets and into the manifest as `src/icons.svg`. */
export function iconSprite() {
  return {
    name: "linli-icon-sprite",
    apply: "build",
    generateBundle() {
      this.emitFile({ type: "asset", name: "icons.svg", originalFileName: "src/icons.svg", source: sprite() });
      const mark = readFileSync(join(import.meta.dirname, "..", "src", "images", "mark.svg"), "utf8");
      this.emitFile({ type: "asset", name: "mark.svg", originalFileName: "src/images/mark.svg", source: mark });
    },
  };
}
