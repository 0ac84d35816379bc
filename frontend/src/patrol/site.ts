/** One site: all pass with one tap, each criterion with one tap, a failing one opens the form. */

import type { App } from "./app";
import { h, icon, moment, notice, say } from "./dom";
import type { Making } from "./record";
import { nextSite, siteKey, unseen, valueOf, type SiteView } from "./state";
import { marks, sitePath } from "./today";
import type { Criterion, Kept, LastResult, OpenFinding } from "./types";

const NONE: ReadonlyMap<string, Blob> = new Map();

export function problemPath(view: SiteView, criterion: number | null): string {
  return `#/problem/${siteKey(view.site)}${criterion === null ? "" : `/${criterion}`}`;
}

export function site(app: App, key: string): HTMLElement[] {
  const view = app.views().get(key);
  if (!view || !app.pack) {
    return [h("header", { class: "page-head" }, h("h1", { tabindex: -1 }, say("site_unknown")), h("p", {}, h("a", { href: "#/" }, say("back_to_today"))))];
  }
  app.lastSite = key;
  const { site: place } = view;
  const left = unseen(view);
  const head = h("header", { class: "page-head" },
    h("p", {}, h("a", { class: "patrol-back", href: "#/" }, icon("back"), say("today"))),
    h("h1", { tabindex: -1 }, place.name),
    h("p", { class: "lead" }, [place.kind_label, place.where].filter(Boolean).join(" · ")),
    marks(view).length > 0 ? h("p", { class: "cluster" }, ...marks(view)) : null);
  const rows = place.criteria.map((id) => criterionRow(app, view, id));
  return [head, said(view), ...after(app, view, left), place.open.length > 0 ? openFindings(place.open) : "",
    place.criteria.length > 0
      ? h("section", { class: "section" }, h("h2", {}, say("criteria")), h("ul", { class: "rows patrol-criteria" }, ...rows))
      : h("p", { class: "soft" }, say("no_criteria")),
    h("p", { class: "section" }, h("a", { class: "button", href: problemPath(view, null) }, icon("camera"), say("other_problem"))),
    view.results.size === 0 && place.state !== "closed" ? unreached(app, view) : "",
  ].filter((part): part is HTMLElement => part !== "");
}

/** The one next step: all pass while something is unseen, the next site afterwards. */
function after(app: App, view: SiteView, left: number[]): HTMLElement[] {
  if (left.length > 0 && !view.unreached) {
    const text = left.length === view.total ? say("all_pass", { n: left.length }) : say("rest_pass", { n: left.length });
    return [h("button", { class: "button button-primary button-large button-wide", type: "button", id: "all-pass", onclick: () => void passAll(app, view, left) }, icon("check"), text)];
  }
  const next = app.pack ? nextSite(app.pack, app.views(), siteKey(view.site)) : null;
  if (!next) return [h("a", { class: "button button-primary button-large button-wide", href: "#/", id: "to-today" }, icon("done"), say("back_to_today"))];
  return [h("a", { class: "button button-primary button-large button-wide patrol-next", href: sitePath(next), id: "next-site" }, icon("walk"), h("span", { class: "clamp-2" }, say("go_to", { name: next.name })))];
}

/** Why it was not looked at: today, or the last time somebody came. */
function said(view: SiteView): HTMLElement | "" {
  if (view.unreached) return notice("warn", say("unreached_today", { reason: view.unreached }), say("unreached_today_text"));
  return view.site.reason && view.results.size === 0 ? notice("info", say("unreached_before", { reason: view.site.reason })) : "";
}

/** It is closed today, or nobody gets in: one tap on the reason, or a few words. */
function unreached(app: App, view: SiteView): HTMLElement {
  const record = (reason: string) => void app.keep([{ site: view.site, criterion: 0, result: "unreachable", value: null, replaces: null, words: reason }], NONE, say("unreached_kept", { name: view.site.name }));
  const words = h("input", { id: "unreached-words", class: "input", maxlength: 200, autocomplete: "off" });
  const reasons = ["reason_closed", "reason_locked", "reason_blocked"].map((key) => h("button", { class: "button", type: "button", id: key, onclick: () => record(say(key)) }, say(key)));
  const other = h("form", { class: "field", onsubmit: (event) => {
    event.preventDefault();
    if (words.value.trim()) record(words.value.trim());
    else words.focus();
  } }, h("label", { for: words.id }, say("reason_other")), h("div", { class: "input-group" }, words, h("button", { class: "button", type: "submit" }, say("keep"))));
  return h("details", { class: "fold patrol-unreached", id: "unreached" }, h("summary", {}, say("unreached")), h("div", { class: "stack" }, h("div", { class: "cluster" }, ...reasons), other));
}

function making(app: App, view: SiteView, id: number, result: "pass" | "not_applicable"): Making {
  return { site: view.site, criterion: id, result, value: valueOf(app.criterion(id), result, null), replaces: view.results.get(id)?.key ?? null };
}

async function passAll(app: App, view: SiteView, left: number[]): Promise<void> {
  await app.keep(left.map((id) => making(app, view, id, "pass")), NONE, say("passed_all", { name: view.site.name, n: left.length }));
}

function criterionRow(app: App, view: SiteView, id: number): HTMLElement {
  const criterion = app.criterion(id);
  const result = view.results.get(id);
  const own = lastOwn(app, view, id);
  return h("li", { class: "patrol-criterion" },
    h("h3", { id: `title-${id}` }, criterion?.title ?? String(id)),
    criterion?.guidance ? h("details", { class: "patrol-guidance" }, h("summary", {}, say("how_to_look")), h("p", {}, criterion.guidance)) : null,
    buttons(app, view, id, result, criterion),
    result ? h("p", { class: "small soft" }, line(result, own)) : null);
}

function lastOwn(app: App, view: SiteView, id: number): Kept | undefined {
  let found: Kept | undefined;
  for (const kept of app.kept.values()) {
    const { round_id, site_id, criterion_id, observed_at } = kept.observation;
    if (round_id !== view.site.round_id || site_id !== view.site.id || criterion_id !== id) continue;
    if (!found || observed_at > found.observation.observed_at) found = kept;
  }
  return found;
}

function line(result: LastResult & { own: boolean }, own: Kept | undefined): string {
  const parts = [say(`result_${result.result}`), moment(result.at)];
  if (result.own && own) parts.push(say(own.stage === "stored" ? "sent" : own.stage === "waiting" ? "kept_on_phone" : `stage_${own.stage}`));
  if (result.own && own?.number) parts.push(own.number);
  return parts.join(" · ");
}

function buttons(app: App, view: SiteView, id: number, result: LastResult | undefined, criterion: Criterion | undefined): HTMLElement {
  const box = h("div", { class: "segments patrol-results", role: "group", "aria-labelledby": `title-${id}` });
  const add = (code: "pass" | "not_applicable", word: string, symbol: string) => box.append(h("button", {
    class: "segment-button", type: "button", id: `${code}-${id}`, "aria-pressed": String(result?.result === code),
    onclick: () => {
      if (result?.result !== code) void app.keep([making(app, view, id, code)], NONE, `${criterion?.title ?? ""}：${word}`);
    },
  }, icon(symbol), word));
  add("pass", say("result_pass"), "check");
  box.append(h("a", {
    class: `segment-button${result?.result === "fail" ? " is-failed" : ""}`, href: problemPath(view, id), id: `fail-${id}`,
    "aria-current": result?.result === "fail" ? "true" : null,
  }, icon("red"), say("result_fail")));
  add("not_applicable", say("result_not_applicable"), "dropped");
  return box;
}

function openFindings(open: OpenFinding[]): HTMLElement {
  const rows = open.map((finding) => h("li", { class: "row" },
    finding.photo ? h("img", { class: "patrol-thumb", src: finding.photo, alt: "", loading: "lazy" }) : null,
    h("div", { class: "row-main" }, h("p", { class: "row-title" }, h("a", { href: finding.url }, finding.title)), h("p", { class: "row-meta number" }, finding.number))));
  return h("details", { class: "fold" }, h("summary", {}, icon("amber"), say("open_here", { n: open.length })), h("ul", { class: "rows" }, ...rows));
}
