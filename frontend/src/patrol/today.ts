/** Today: the sites in walking order, what is done, where to go next. */

import type { App } from "./app";
import { h, icon, moment, notice, say } from "./dom";
import { nextSite, siteKey, stops, type SiteView } from "./state";

type Filter = "due" | "done" | "all";

export const sitePath = (view: { round_id: number; id: number }): string => `#/site/${siteKey(view)}`;

/** The marks of one site: what was found, what waits, what is open from before. */
export function marks(view: SiteView): HTMLElement[] {
  const chips: HTMLElement[] = [];
  if (view.unreached) chips.push(h("span", { class: "chip chip-waiting" }, say("unreachable")));
  else if (view.site.state === "closed") chips.push(h("span", { class: "chip" }, say("site_closed")));
  else if (view.finished) chips.push(h("span", { class: "chip chip-accent" }, icon("done"), say("finished")));
  else if (view.done > 0) chips.push(h("span", { class: "chip" }, say("part_done", { done: view.done, total: view.total })));
  if (view.failed > 0) chips.push(h("span", { class: "chip chip-red" }, icon("red"), say("failed_count", { n: view.failed })));
  if (view.site.open.length > 0) chips.push(h("span", { class: "chip chip-amber" }, icon("amber"), say("open_count", { n: view.site.open.length })));
  if (view.waiting > 0) chips.push(h("span", { class: "chip chip-blue" }, icon("upload"), say("waiting_count", { n: view.waiting })));
  return chips;
}

/** A line of the list. Where another round asks for the place that stands above (`again`), only the round is named. */
function row(app: App, view: SiteView, number: number, again: boolean): HTMLElement {
  const { site } = view;
  const several = (app.pack?.rounds.length ?? 0) > 1;
  const round = several ? app.pack?.rounds.find((entry) => entry.id === site.round_id)?.title : "";
  const about = [site.kind_label, site.where, round].filter(Boolean).join(" · ");
  const name = again && round ? [h("span", { class: "sr-only" }, `${site.name} `), round] : [site.name];
  return h(
    "li", { class: `row patrol-row${view.finished ? " is-finished" : ""}${again ? " is-again" : ""}` },
    h("span", { class: "patrol-number number", "aria-hidden": "true" }, String(number)),
    h("div", { class: "row-main" },
      h("h2", { class: "row-title" }, h("a", { href: sitePath(site), id: `site-${siteKey(site)}` }, ...name)),
      again ? null : h("p", { class: "row-meta" }, about),
      marks(view).length > 0 ? h("p", { class: "cluster patrol-marks" }, ...marks(view)) : null),
  );
}

function filters(counts: Record<Filter, number>, chosen: Filter, choose: (filter: Filter) => void): HTMLElement {
  const box = h("div", { class: "segments", role: "group", "aria-label": say("show_which") });
  for (const filter of ["due", "done", "all"] as const) {
    box.append(h("button", {
      class: "segment-button", type: "button", id: `show-${filter}`, "aria-pressed": String(filter === chosen), onclick: () => choose(filter),
    }, say(`show_${filter}`, { n: counts[filter] })));
  }
  return box;
}

/** What stands above the list when something is not as it should be. */
export function warnings(app: App, today: string): HTMLElement[] {
  const found: HTMLElement[] = [];
  const signIn = h("p", {}, h("a", { class: "button", href: "/login/?next=/patrol/" }, icon("login"), say("sign_in_again")));
  const status = app.sender.news.status;
  if (app.dayStatus === "sign_in" || status === "sign_in") found.push(notice("warn", say("signed_out"), say("signed_out_text"), signIn));
  else if (status === "other_person") found.push(notice("warn", say("other_person"), say("other_person_text"), signIn));
  if (app.pack && app.pack.day !== today) found.push(notice("warn", say("old_day", { day: app.pack.day }), say("old_day_text")));
  const ahead = app.sender.news.ahead;
  if (ahead !== 0) found.push(notice("warn", say(ahead > 0 ? "clock_fast" : "clock_slow", { n: Math.abs(ahead) }), say("clock_text")));
  return found;
}

/** Shops to be looked at again: below the walk, because any time of the day will do. */
function rechecks(app: App, day: string): HTMLElement | null {
  const found = app.pack?.rechecks ?? [];
  if (found.length === 0) return null;
  return h("section", { class: "section", "aria-labelledby": "rechecks" },
    h("h2", { id: "rechecks" }, say("rechecks"), " ", h("span", { class: "count" }, String(found.length))),
    h("p", { class: "small soft" }, say("rechecks_text")),
    h("ul", { class: "rows" }, ...found.map((entry) => h("li", { class: "row" },
      h("div", { class: "row-main" },
        h("h3", { class: "row-title" }, h("a", { href: entry.url }, entry.name)),
        h("p", { class: "row-meta" }, say("recheck_by", { day: entry.due_on.slice(5), name: entry.checker })),
        h("p", { class: "cluster patrol-marks" },
          entry.due_on < day ? h("span", { class: "chip chip-red" }, icon("red"), say("recheck_late")) : null,
          entry.mended ? h("span", { class: "chip chip-accent" }, icon("done"), say("recheck_ready")) : null))))));
}

let chosen: Filter = "due";

export function today(app: App, day: string): HTMLElement[] {
  const pack = app.pack;
  const head = h("header", { class: "page-head" }, h("h1", { tabindex: -1 }, say("today")));
  if (!pack) return [head, ...warnings(app, day), without(app)];
  const all = app.views();
  const order = stops(pack.sites).flatMap(({ number, lines }) =>
    lines.map((site) => ({ view: all.get(siteKey(site)) as SiteView, number })));
  const fits = (filter: Filter) => order.filter(({ view }) => filter === "all" || view.finished === (filter === "done"));
  // What is counted is stops, as they are numbered in the list.
  const count = (filter: Filter) => new Set(fits(filter).map(({ number }) => number)).size;
  const counts = { all: count("all"), done: count("done"), due: count("due") };
  if (pack.rounds.length > 0) head.append(h("p", { class: "lead" }, pack.rounds.map((round) => round.title).slice(0, 3).join(" · ")));
  const again = rechecks(app, day);
  if (order.length === 0) return [head, ...warnings(app, day), empty("walk", say("no_sites"), say("no_sites_text")), ...(again ? [again] : [])];
  const next = nextSite(pack, all, null);
  const shown = fits(chosen);
  const list = h("ol", { class: "rows patrol-rows" }, ...shown.map(({ view, number }, at) => row(app, view, number, number === shown[at - 1]?.number)));
  const bar = filters(counts, chosen, (filter) => {
    chosen = filter;
    app.render();
  });
  return [
    head, ...warnings(app, day),
    next
      ? h("a", { class: "button button-primary button-large button-wide patrol-next", href: sitePath(next), id: "next-site" }, icon("walk"), h("span", { class: "clamp-2" }, say("go_to", { name: next.name })))
      : notice("good", say("all_done"), say("all_done_text")),
    bar,
    shown.length > 0 ? list : empty("done", say(chosen === "due" ? "none_due" : "none_done"), ""),
    ...(again ? [again] : []),
    h("p", { class: "small soft" }, say("day_as_of", { time: moment(pack.made_at) })),
  ];
}

function empty(symbol: string, title: string, text: string): HTMLElement {
  return h("div", { class: "empty" }, icon(symbol), h("h2", {}, title), text ? h("p", {}, text) : null);
}

function without(app: App): HTMLElement {
  if (app.dayStatus === "loading") {
    return h("div", { "aria-busy": "true" }, h("span", { class: "sr-only", role: "status" }, say("loading")),
      ...[0, 1, 2].map(() => h("span", { class: "skeleton skeleton-block" })));
  }
  const text = app.dayStatus === "refused" ? say("no_permission") : say("no_pack_text");
  const box = empty("walk", say("no_pack"), text);
  box.append(h("button", { class: "button", type: "button", onclick: () => window.location.reload() }, icon("redo"), say("try_again")));
  return box;
}
