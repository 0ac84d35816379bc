/** A problem: photo, what it most likely is, what happens to it, done. Nothing is typed that is known already. */

import type { App } from "./app";
import { h, icon, say } from "./dom";
import { answering, criterionOf, likely } from "./guess";
import { Joint } from "./joint";
import { Held, pictures, spoken } from "./pictures";
import { newKey, note, type Making } from "./record";
import { signature, type Signature } from "./signature";
import { areaView, elsewhere, nextSite, siteKey, unseen, valueOf, walking, type SiteView } from "./state";
import type { Criterion, Handling } from "./types";

const HANDLINGS: readonly Handling[] = ["report", "hand_over", "fix_on_spot"];
/** So many criteria are offered as buttons at once; the others behind one more tap. */
const AT_ONCE = 6;

interface Filled {
  view: SiteView;
  criterion: number | null;
  category: number | null;
  /** Whether somebody chose the category: then the guess no longer changes it. */
  chosen: boolean;
  handling: Handling;
  unit: number | null;
  before: Held;
  after: Held;
  signature: Signature | null;
  joint: Joint | null;
  pending: number;
}

/** Where a new problem is: the site named, where somebody was last, the next one in walking order, else at no site. */
function siteOf(app: App, key: string | null): SiteView | null {
  const all = app.views();
  const known = (key && all.get(key)) || (app.lastSite && all.get(app.lastSite));
  if (known) return known;
  const next = app.pack && nextSite(app.pack, all, null);
  return (next && all.get(siteKey(next))) ?? Array.from(all.values())[0] ?? areas(app)[0] ?? null;
}

/** Where somebody may record at no site: their grids. */
function areas(app: App): SiteView[] {
  return (app.pack?.areas ?? []).map(areaView);
}

export function problem(app: App, key: string | null, criterion: number | null): HTMLElement[] {
  const view = siteOf(app, key);
  const title = criterion !== null ? app.criterion(criterion)?.title : undefined;
  const head = h("header", { class: "page-head" }, h("h1", { tabindex: -1, class: (title?.length ?? 0) > 14 ? "is-long" : null }, title ?? say("new_problem")));
  if (!view || !app.pack) return [head, h("p", {}, say("no_pack_text"))];
  const filled: Filled = {
    view, criterion, category: null, chosen: false, handling: "report", unit: null,
    before: new Held(), after: new Held(), signature: null, joint: null, pending: 0,
  };
  const back = elsewhere(view.site)
    ? h("p", {}, h("a", { class: "patrol-back", href: "#/" }, icon("back"), say("today")))
    : h("p", {}, h("a", { class: "patrol-back", href: `#/site/${siteKey(view.site)}` }, icon("back"), view.site.name));
  head.prepend(back);
  return [head, form(app, filled, criterion === null, key === null)];
}

function form(app: App, filled: Filled, asksCriterion: boolean, asksSite: boolean): HTMLElement {
  const words = h("textarea", { id: "words", class: "input patrol-words", rows: 2, maxlength: 2000 });
  const details = h("div", { class: "stack", id: "handling-details" });
  const category = h("select", { id: "category", class: "input" });
  const wrong = h("p", { class: "field-error", role: "alert", hidden: true });
  const submit = h("button", { class: "button button-primary button-large", type: "submit", id: "keep" }, icon("check"), say("keep"));
  const pending = (delta: number) => {
    filled.pending += delta;
    submit.setAttribute("aria-busy", String(filled.pending > 0));
  };
  const guess = () => {
    if (!filled.chosen) fillCategories(app, filled, category, words.value);
    units(app, filled, details);
  };
  category.addEventListener("change", () => {
    filled.category = Number(category.value) || null;
    filled.chosen = true;
    units(app, filled, details);
  });
  words.addEventListener("change", guess);
  const advice = h("textarea", { id: "advice", class: "input patrol-words", rows: 2, maxlength: 1000 });
  const receiver = h("input", { id: "receiver", class: "input", autocomplete: "off", maxlength: 60 });
  const show = () => handlingDetails(app, filled, details, advice, receiver, pending);
  const element = h("form", { class: "form patrol-form", novalidate: true },
    asksSite ? sites(app, filled, () => {
      filled.criterion = null;
      if (!elsewhere(filled.view.site)) app.lastSite = siteKey(filled.view.site);
      box?.replaceChildren(...criteria(app, filled, guess));
      if (asked) asked.hidden = elsewhere(filled.view.site);
      guess();
    }) : null,
    field("photos", null, pictures(filled.before, "photos", say("take_photo"), pending)));
  const box = asksCriterion ? h("div", {}, ...criteria(app, filled, guess)) : null;
  const asked = box && h("fieldset", { class: "field", id: "which-criterion", hidden: elsewhere(filled.view.site) }, h("legend", {}, say("which_criterion")), box);
  if (asked) element.append(asked);
  const points = asksCriterion ? null : howMuch(app.criterion(filled.criterion ?? 0));
  if (points) element.append(points);
  element.append(
    field("category", say("category"), category),
    field("words", say("words"), words, say("optional")), spoken(filled.before),
    handlings(filled, show), details, wrong,
    h("div", { class: "action-bar" }, submit));
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    void keep(app, filled, element, { words: words.value, advice: advice.value, receiver: receiver.value }, wrong, submit);
  });
  guess();
  show();
  return element;
}

function field(id: string, label: string | null, control: HTMLElement, aside = ""): HTMLElement {
  const name = label === null ? null : h("label", { for: id }, label, aside ? h("span", { class: "field-optional" }, aside) : null);
  return h("div", { class: "field" }, name, control);
}

function fillCategories(app: App, filled: Filled, select: HTMLSelectElement, words: string): void {
  const named = filled.view.site.criteria.map((id) => app.criterion(id)).filter((one): one is Criterion => one !== undefined);
  const here = elsewhere(filled.view.site) ? (app.pack?.criteria ?? []) : named;
  const ordered = likely(app.pack?.categories ?? [], app.criterion(filled.criterion ?? 0), filled.view.site, words, here);
  select.replaceChildren(...ordered.map((category) => h("option", { value: category.id }, category.title)));
  filled.category = ordered[0]?.id ?? null;
}

function sites(app: App, filled: Filled, changed: () => void): HTMLElement {
  const select = h("select", { id: "site", class: "input" });
  const option = (view: SiteView) => h("option", { value: siteKey(view.site), selected: siteKey(view.site) === siteKey(filled.view.site) }, view.site.name);
  const group = (label: string, views: SiteView[]) => (views.length > 0 ? [h("optgroup", { label }, ...views.map(option))] : []);
  const all = app.views();
  const [order, others] = [walking(app.pack?.sites ?? []).map((site) => all.get(siteKey(site)) as SiteView), areas(app)];
  select.append(...group(say("sites_today"), order), ...group(say("no_site_here"), others));
  const hint = h("p", { class: "field-hint", id: "site-hint", hidden: !elsewhere(filled.view.site) }, say("no_site_hint"));
  select.setAttribute("aria-describedby", hint.id);
  select.addEventListener("change", () => {
    filled.view = all.get(select.value) ?? others.find((one) => siteKey(one.site) === select.value) ?? filled.view;
    hint.hidden = !elsewhere(filled.view.site);
    changed();
  });
  const box = field("site", say("where"), select);
  box.append(hint);
  return box;
}

/** The criteria of the site as buttons, those nobody has looked at first. */
function criteria(app: App, filled: Filled, changed: () => void): HTMLElement[] {
  const left = new Set(unseen(filled.view));
  const all = filled.view.site.criteria.map((id) => app.criterion(id)).filter((one): one is Criterion => one !== undefined);
  const ordered = [...all.filter((one) => left.has(one.id)), ...all.filter((one) => !left.has(one.id))];
  const choice = (criterion: Criterion) => h("label", { class: "choice" },
    h("input", { type: "radio", name: "criterion", value: criterion.id, onchange: () => {
      filled.criterion = criterion.id;
      changed();
    } }), h("span", {}, criterion.title));
  const first = h("div", { class: "choices" }, ...ordered.slice(0, AT_ONCE).map(choice));
  if (ordered.length <= AT_ONCE) return [first];
  const more = h("details", {}, h("summary", {}, say("more_criteria", { n: ordered.length - AT_ONCE })), h("div", { class: "choices" }, ...ordered.slice(AT_ONCE).map(choice)));
  return [first, more];
}

/** Grades, or how often a deduction counts: only where the rule asks. */
function howMuch(criterion: Criterion | undefined): HTMLElement | null {
  if (criterion?.rule === "graded" && criterion.grades) {
    const lower = criterion.grades.filter((grade) => grade.share < 1);
    const select = h("select", { id: "value", class: "input" }, ...lower.map((grade) => h("option", { value: grade.share }, grade.code)));
    return field("value", say("grade"), select);
  }
  if (criterion?.rule !== "deduction" || !criterion.points || !criterion.most || criterion.most <= criterion.points) return null;
  const times = Math.min(20, Math.floor(criterion.most / criterion.points + 1e-9));
  const select = h("select", { id: "value", class: "input" });
  for (let n = 1; n <= times; n++) {
    const points = Number((n * criterion.points).toFixed(3));
    select.append(h("option", { value: points }, say("deduct", { n, points })));
  }
  return field("value", say("how_often"), select);
}

function handlings(filled: Filled, changed: () => void): HTMLElement {
  const box = h("div", { class: "choices patrol-handlings" });
  for (const handling of HANDLINGS) {
    box.append(h("label", { class: "choice" }, h("input", {
      type: "radio", name: "handling", value: handling, checked: handling === filled.handling, onchange: () => {
        filled.handling = handling;
        changed();
      },
    }), h("span", {}, say(`handling_${handling}`))));
  }
  return h("fieldset", { class: "field" }, h("legend", {}, say("handling")), box);
}

function handlingDetails(app: App, filled: Filled, box: HTMLElement, advice: HTMLElement, receiver: HTMLElement, pending: (delta: number) => void): void {
  filled.signature = filled.joint = null;
  box.replaceChildren();
  if (filled.handling === "fix_on_spot") {
    filled.after = new Held();
    box.append(field("after", null, pictures(filled.after, "after", say("take_after_photo"), pending)));
  }
  if (filled.handling === "hand_over") {
    filled.signature = signature();
    filled.joint = new Joint();
    const unit = h("select", { id: "unit", class: "input", onchange: () => together(app, filled, unit) });
    box.append(
      field("unit", say("unit"), unit),
      field("advice", say("advice"), advice, say("optional")),
      field("receiver", say("receiver"), receiver),
      h("div", { class: "field" }, h("p", { class: "field-label" }, say("signature"), h("span", { class: "field-optional" }, say("signature_optional"))), filled.signature.element),
      filled.joint.element);
  }
  units(app, filled, box);
}

/** The units that answer for the category, the first of them chosen. */
function units(app: App, filled: Filled, box: HTMLElement): void {
  const select = box.querySelector<HTMLSelectElement>("#unit");
  if (!select) return;
  const fitting = answering(app.pack?.units ?? [], filled.category, filled.view.site);
  select.replaceChildren(h("option", { value: "" }, say("unit_by_rule")), ...fitting.map((unit) => h("option", { value: unit.id }, unit.name)));
  select.value = fitting[0] ? String(fitting[0].id) : "";
  together(app, filled, select);
}

function together(app: App, filled: Filled, select: HTMLSelectElement): void {
  filled.joint?.offer(app.pack?.units ?? [], Number(select.value) || null, filled.category, filled.view.site);
}

interface Texts {
  words: string;
  advice: string;
  receiver: string;
}

/** What is still missing, as a sentence and the part of the form it is about; null when the record can be made. */
function missing(filled: Filled, texts: Texts): { text: string; at: string } | null {
  if (filled.pending > 0) return { text: say("photo_wait"), at: "#photos" };
  if (filled.criterion === null && !elsewhere(filled.view.site)) return { text: say("choose_criterion"), at: "#which-criterion" };
  if (filled.before.notes.length === 0 && !texts.words.trim()) return { text: say("photo_or_words"), at: "#photos" };
  if (filled.handling === "fix_on_spot" && filled.after.notes.length === 0) return { text: say("after_missing"), at: "#handling-details" };
  if (filled.handling === "hand_over" && !texts.receiver.trim()) return { text: say("receiver_missing"), at: "#handling-details" };
  return null;
}

async function keep(app: App, filled: Filled, form: HTMLFormElement, texts: Texts, wrong: HTMLElement, submit: HTMLElement): Promise<void> {
  // What was said without naming a criterion often names it.
  if (filled.criterion === null && texts.words.trim() && !elsewhere(filled.view.site)) {
    const here = filled.view.site.criteria.map((id) => app.criterion(id)).filter((one): one is Criterion => one !== undefined);
    filled.criterion = criterionOf(here, texts.words)?.id ?? null;
  }
  const lacking = missing(filled, texts);
  wrong.hidden = !lacking;
  if (lacking) {
    // Where the hand has to go next, not at the foot of a long form.
    form.querySelector(lacking.at)?.closest(".field, #handling-details")?.before(wrong);
    wrong.replaceChildren(icon("error"), lacking.text);
    wrong.scrollIntoView({ block: "center" });
    return;
  }
  if (submit.getAttribute("aria-busy") === "true") return;
  submit.setAttribute("aria-busy", "true");
  const files = new Map([...filled.before.blobs, ...filled.after.blobs]);
  const drawing = await filled.signature?.picture();
  const signed = drawing ? note("photo", drawing) : null;
  if (drawing && signed) files.set(signed.id, drawing);
  const others = await filled.joint?.receivers();
  for (const [id, blob] of others?.blobs ?? []) files.set(id, blob);
  const chosen = form.querySelector<HTMLSelectElement>("#value")?.value;
  const unit = Number(form.querySelector<HTMLSelectElement>("#unit")?.value) || null;
  const criterion = filled.criterion ?? 0;
  const making: Making = {
    site: filled.view.site, criterion, result: "fail", replaces: filled.view.results.get(criterion)?.key ?? null,
    value: valueOf(app.criterion(criterion), "fail", chosen === undefined ? null : Number(chosen)),
    words: texts.words.trim(), files: filled.before.notes,
    finding: {
      client_key: newKey(), category_id: filled.category, advice: texts.advice.trim(), handling: filled.handling,
      lead_organisation_id: unit, co_organisation_ids: [], co_receivers: others?.units ?? [], receiver_name: filled.handling === "hand_over" ? texts.receiver.trim() : "",
      signature: signed, after: filled.after.notes,
    },
  };
  let kept = false;
  try {
    kept = await app.keep([making], files, say("problem_kept", { name: filled.view.site.name }));
  } finally {
    submit.setAttribute("aria-busy", "false");
  }
  // The form stays as it is when the phone had no room: nothing that was entered is lost.
  if (kept) window.location.hash = elsewhere(filled.view.site) ? "#/" : `#/site/${siteKey(filled.view.site)}`;
}
