/** What the phone knows: the day's pack as the server gives it, and what was recorded (docs/patrol.md). */

import type { FeatureCollection } from "geojson";

import type { Position } from "../lib/position";

/** "unreachable" is said of a whole site (没查成): its record has the criterion 0 and the reason as its words. */
export type Result = "pass" | "fail" | "not_applicable" | "unreachable";
export type Handling = "hand_over" | "fix_on_spot" | "report";

export interface Criterion {
  id: number;
  code: string;
  title: string;
  guidance: string;
  /** proportion, deduction, pass_fail, graded. */
  rule: string;
  /** Points of a deduction: what one failing takes away, and at most. */
  points?: number;
  most?: number;
  /** Grades with their shares, best first. */
  grades?: { code: string; share: number }[];
  category_id: number | null;
}

export interface OpenFinding {
  number: string;
  title: string;
  url: string;
  criterion_id: number | null;
  photo: string;
}

export interface LastResult {
  result: Result;
  at: string;
  /** The key of the observation: a correction names it. */
  key: string;
}

export interface Site {
  round_id: number;
  id: number;
  name: string;
  kind: string;
  kind_label: string;
  /** The path of names above it: community, grid. */
  where: string;
  position: number;
  state: "due" | "done" | "unreachable" | "closed";
  /** Why it was not looked at: today (unreachable), or the last time (due). Days stored by an older page have none. */
  reason?: string;
  longitude: number | null;
  latitude: number | null;
  /** The criteria that hold here, in order. */
  criteria: number[];
  /** By criterion: what was seen in this round. */
  seen: Record<string, LastResult>;
  open: OpenFinding[];
}

export interface Round {
  id: number;
  title: string;
  kind: string;
  theme: string;
  until: string;
}

export interface Category {
  id: number;
  code: string;
  title: string;
  site_kinds: string[];
}

export interface Unit {
  id: number;
  name: string;
  /** Categories it answers for; empty means any. */
  categories: number[];
  /** Categories that it handles together with the unit that leads. */
  supports?: number[];
  place_ids: number[];
}

export interface Choice {
  code: string;
  label: string;
}

/** An observation that the server keeps and that somebody has to decide. */
export interface Conflict {
  id: number;
  client_key: string;
  code: string;
  label: string;
  site_name: string;
  criterion_title: string;
  observed_at: string;
  choices: Choice[];
}

export interface DayPack {
  day: string;
  made_at: string;
  csrf: string;
  person: { id: number; name: string };
  rounds: Round[];
  sites: Site[];
  criteria: Criterion[];
  categories: Category[];
  /** Where a problem lies that is at no site, when the phone does not know where it is. Older days have none. */
  areas?: { id: number; name: string }[];
  units: Unit[];
  ground: FeatureCollection;
  conflicts: Conflict[];
  /** Shops that are to be looked at again (互查的复查). Older days have none. */
  rechecks?: Recheck[];
}

/** A shop to be looked at again; what is seen is written down on the page at `url`. */
export interface Recheck {
  url: string;
  name: string;
  checker: string;
  due_on: string;
  mended: boolean;
}

export type { Position } from "../lib/position";

/** A file of a record; its bytes lie beside it in the store under the same id. */
export interface FileNote {
  id: string;
  kind: "photo" | "audio";
  bytes: number;
  taken_at?: string;
  lon?: number;
  lat?: number;
}

/** Who received it for a unit that answers together with the lead. */
export interface CoReceiver {
  organisation_id: number;
  name: string;
  signature: FileNote | null;
}

export interface Finding {
  client_key: string;
  category_id: number | null;
  advice: string;
  handling: Handling;
  lead_organisation_id: number | null;
  co_organisation_ids: number[];
  receiver_name: string;
  signature: FileNote | null;
  after: FileNote[];
  co_receivers?: CoReceiver[];
}

export interface Observation {
  client_key: string;
  /** 0: a problem at no site of a round; `site_id` is then an area, and there is no criterion. */
  round_id: number;
  site_id: number;
  criterion_id: number;
  /** The key of the observation that this one corrects. */
  replaces: string | null;
  result: Result;
  value: number | null;
  words: string;
  /** The device's clock. */
  observed_at: string;
  position: Position | null;
  files: FileNote[];
  finding: Finding | null;
}

/** How far a record has come. The order matters: a record only ever moves to the right. */
export type Stage = "waiting" | "refused" | "conflict" | "stored" | "withdrawn";

export interface Kept {
  observation: Observation;
  person: number;
  stage: Stage;
  /** Not sent before this moment (milliseconds of the device), so that it can be taken back. */
  not_before: number;
  /** Why it was refused, or what the conflict is. */
  said: string;
  conflict: Conflict | null;
  /** The number of the item that it raised. */
  number: string;
  /** When the server received it, by the server's clock. */
  received_at: string;
  tries: number;
}

export interface Outcome {
  client_key: string;
  outcome: "stored" | "repeated" | "conflict" | "refused";
  number?: string;
  label?: string;
  conflict?: Conflict | null;
}

export interface Answer {
  received_at: string;
  outcomes: Outcome[];
}
