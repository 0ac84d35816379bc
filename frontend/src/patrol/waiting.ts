/** What is queued, what is sent, what somebody has to decide. */

import type { App } from "./app";
import { filesOf, weight } from "./batches";
import { h, icon, moment, notice, say } from "./dom";
import { elsewhere } from "./state";
import { failure, success } from "./toast";
import { warnings } from "./today";
import type { Choice, Conflict, Kept } from "./types";

const SHOWN = 50;

/** 340 KB, 12.4 MB. */
export function bytes(value: number): string {
  return value < 1_000_000 ? `${Math.max(value > 0 ? 1 : 0, Math.round(value / 1000))} KB` : `${(value / 1_000_000).toFixed(1)} MB`;
}

function title(app: App, kept: Kept): string {
  const { criterion_id } = kept.observation;
  if (elsewhere(kept.observation)) return say("problem_elsewhere");
  return app.criterion(criterion_id)?.title ?? say(criterion_id ? "record" : "whole_site");
}

function place(app: App, kept: Kept): string {
  const { site_id, round_id } = kept.observation;
  if (elsewhere(kept.observation)) return app.pack?.areas?.find((area) => area.id === site_id)?.name ?? "";
  return app.pack?.sites.find((site) => site.id === site_id && site.round_id === round_id)?.name ?? "";
}

function line(app: App, kept: Kept): HTMLElement {
  const files = filesOf(kept);
  const about = [
    elsewhere(kept.observation) ? "" : say(`result_${kept.observation.result}`), kept.observation.criterion_id ? "" : kept.observation.words, moment(kept.observation.observed_at),
    files.length > 0 ? say("file_count", { n: files.length }) : "",
    kept.stage === "stored" ? say("received_at", { time: moment(kept.received_at) }) : "", kept.number,
  ].filter(Boolean).join(" · ");
  const symbol = { waiting: "upload", stored: "done", refused: "error", conflict: "warning", withdrawn: "dropped" }[kept.stage];
  return h("li", { class: "row patrol-record", "data-stage": kept.stage },
    icon(symbol),
    h("div", { class: "row-main" },
      h("p", { class: "row-title" }, place(app, kept)),
      h("p", {}, title(app, kept)),
      h("p", { class: "row-meta" }, about),
      kept.said && kept.stage === "refused" ? h("p", { class: "field-error" }, kept.said) : null,
      kept.stage === "refused" ? refusedButtons(app, kept) : null));
}

function refusedButtons(app: App, kept: Kept): HTMLElement {
  const again = h("button", { class: "button button-small", type: "button", onclick: () => void resend(app, kept) }, icon("redo"), say("send_again"));
  const drop = h("button", { class: "button button-small button-danger", type: "button", onclick: () => {
    if (window.confirm(say("drop_sure"))) void dropRecord(app, kept);
  } }, icon("trash"), say("drop"));
  return h("p", { class: "cluster" }, again, drop);
}

/** A refused record goes back into the queue as a new attempt of the same record: the server never took its key. */
async function resend(app: App, kept: Kept): Promise<void> {
  await app.store.replace({ ...kept, stage: "waiting", said: "", not_before: 0 });
  await app.reload();
  app.sender.nudge();
}

async function dropRecord(app: App, kept: Kept): Promise<void> {
  app.learn(await app.store.put([{ ...kept, stage: "withdrawn" }]));
}

function decision(app: App, conflict: Conflict): HTMLElement {
  const buttons = conflict.choices.map((choice) => h("button", {
    class: "button", type: "button", onclick: (event) => void decide(app, conflict, choice, event.currentTarget as HTMLElement),
  }, choice.label));
  const kept = app.kept.get(conflict.client_key);
  const about = [kept ? say(`result_${kept.observation.result}`) : "", say("recorded_at", { time: moment(conflict.observed_at) })];
  return h("li", { class: "card patrol-conflict", "data-conflict": conflict.id },
    h("h3", {}, icon("warning"), conflict.label),
    h("p", {}, [conflict.site_name, conflict.criterion_title].filter(Boolean).join(" · ")),
    h("p", { class: "small soft" }, about.filter(Boolean).join(" · ")),
    h("p", { class: "cluster" }, ...buttons));
}

async function decide(app: App, conflict: Conflict, choice: Choice, button: HTMLElement): Promise<void> {
  button.setAttribute("aria-busy", "true");
  const said = await app.sender.decide(conflict.id, choice.code);
  button.setAttribute("aria-busy", "false");
  if (said !== "") {
    failure(said);
    return;
  }
  success(say("decided"));
  await app.decided(conflict.id);
}

function section(titleText: string, rows: HTMLElement[], id: string): HTMLElement | null {
  if (rows.length === 0) return null;
  const more = rows.length > SHOWN ? h("p", { class: "small soft" }, say("and_more", { n: rows.length - SHOWN })) : null;
  return h("section", { class: "section", id }, h("h2", {}, titleText), h("ul", { class: "rows" }, ...rows.slice(0, SHOWN)), more);
}

function state(app: App, waiting: Kept[]): HTMLElement {
  const { status, again } = app.sender.news;
  const weighed = weight(waiting);
  if (waiting.length === 0) return notice("good", say("all_sent"), say("all_sent_text"));
  const count = weighed > 0 ? say("queued", { n: waiting.length, size: bytes(weighed) }) : say("queued_light", { n: waiting.length });
  if (status === "sending") return notice("info", count, say("sending_now"));
  if (status === "offline" || !navigator.onLine) return notice("info", count, say("offline_text"));
  if (status === "waiting") return notice("info", count, say("again_at", { n: Math.max(1, Math.round((again - Date.now()) / 1000)) }));
  return notice("info", count, say("queued_text"));
}

export function waitingPage(app: App, day: string): HTMLElement[] {
  const all = Array.from(app.kept.values()).sort((a, b) => (a.observation.observed_at < b.observation.observed_at ? 1 : -1));
  const mine = all.filter((kept) => kept.person === app.person() || app.person() === 0);
  const of = (stage: Kept["stage"]) => mine.filter((kept) => kept.stage === stage);
  const [waiting, stored, refused] = [of("waiting"), of("stored"), of("refused")];
  const conflicts = app.conflicts();
  const others = all.filter((kept) => !mine.includes(kept) && kept.stage !== "stored" && kept.stage !== "withdrawn").length;
  const decisions = conflicts.length > 0
    ? h("section", { class: "section", id: "decide" }, h("h2", {}, say("to_decide", { n: conflicts.length })), h("p", { class: "soft" }, say("to_decide_text")), h("ul", { class: "stack patrol-conflicts" }, ...conflicts.map((one) => decision(app, one))))
    : null;
  const parts: (HTMLElement | null)[] = [
    h("header", { class: "page-head" }, h("h1", { tabindex: -1 }, say("queue"))),
    ...warnings(app, day),
    state(app, waiting),
    waiting.length > 0 ? h("button", { class: "button button-primary button-wide", type: "button", id: "send-now", onclick: () => app.sender.nudge() }, icon("upload"), say("send_now")) : null,
    decisions,
    section(say("refused", { n: refused.length }), refused.map((kept) => line(app, kept)), "refused"),
    section(say("waiting", { n: waiting.length }), waiting.map((kept) => line(app, kept)), "waiting"),
    section(say("stored", { n: stored.length }), stored.map((kept) => line(app, kept)), "stored"),
    others > 0 ? notice("info", say("others_records", { n: others }), say("others_records_text")) : null,
    h("p", { class: "section" }, h("a", { class: "button button-quiet", href: "/desk/feedback/" }, icon("comment"), say("feedback"))),
  ];
  return parts.filter((part): part is HTMLElement => part !== null);
}
