/** Units that answer together with the lead (联合执法): each is ticked, and whoever stands there signs or is named. */

import { h, say } from "./dom";
import { together } from "./guess";
import { note } from "./record";
import { signature, type Signature } from "./signature";
import type { CoReceiver, Site, Unit } from "./types";

interface Row {
  tick: HTMLInputElement;
  receiver: HTMLInputElement;
  signature: Signature;
  element: HTMLElement;
}

export class Joint {
  readonly element: HTMLElement;
  private readonly list = h("ul", { class: "rows patrol-joint-rows" });
  private readonly count = h("span", { class: "count", hidden: true });
  private readonly rows = new Map<number, Row>();
  /** Ticks somebody set by hand: what is proposed no longer changes them. */
  private readonly chosen = new Set<number>();

  constructor() {
    this.element = h("details", { class: "fold patrol-joint", id: "joint" }, h("summary", {}, say("joint"), " ", this.count), h("p", { class: "small soft" }, say("joint_text")), this.list);
  }

  /** Offer the units but the lead, those that the catalogue names for the category first and ticked. */
  offer(units: readonly Unit[], lead: number | null, category: number | null, site: Site): void {
    const others = together(units, category, site).filter((unit) => unit.id !== lead);
    for (const unit of others) {
      const row = this.row(unit);
      if (!this.chosen.has(unit.id)) row.tick.checked = category !== null && !!unit.supports?.includes(category) && unit.place_ids.includes(site.id);
    }
    this.list.replaceChildren(...others.map((unit) => this.row(unit).element));
    this.element.hidden = others.length === 0;
    this.refresh();
  }

  private row(unit: Unit): Row {
    const known = this.rows.get(unit.id);
    if (known) return known;
    const tick = h("input", { type: "checkbox", name: "joint", value: unit.id, onchange: () => {
      this.chosen.add(unit.id);
      this.refresh();
    } });
    const receiver = h("input", { id: `receiver-${unit.id}`, class: "input", autocomplete: "off", maxlength: 60 });
    const drawn = signature();
    const more = h("div", { class: "stack-tight", hidden: true },
      h("div", { class: "field" }, h("label", { for: receiver.id }, say("receiver"), h("span", { class: "field-optional" }, say("optional"))), receiver),
      h("details", {}, h("summary", {}, say("signature")), drawn.element));
    const element = h("li", { class: "patrol-joint-row", "data-unit": unit.id }, h("label", { class: "check" }, tick, h("span", {}, unit.name)), more);
    const row = { tick, receiver, signature: drawn, element };
    this.rows.set(unit.id, row);
    return row;
  }

  private shown(): [number, Row][] {
    return Array.from(this.rows).filter(([, row]) => row.tick.checked && row.element.isConnected);
  }

  private refresh(): void {
    for (const row of this.rows.values()) (row.element.lastElementChild as HTMLElement).hidden = !row.tick.checked;
    const n = Array.from(this.list.querySelectorAll<HTMLInputElement>("input[type=checkbox]")).filter((tick) => tick.checked).length;
    this.count.hidden = n === 0;
    this.count.textContent = String(n);
  }

  /** Who received it for which unit, and the drawings by the ids of their files. */
  async receivers(): Promise<{ units: CoReceiver[]; blobs: Map<string, Blob> }> {
    const [units, blobs]: [CoReceiver[], Map<string, Blob>] = [[], new Map()];
    for (const [organisation_id, row] of this.shown()) {
      const drawing = await row.signature.picture();
      const signed = drawing ? note("photo", drawing) : null;
      if (drawing && signed) blobs.set(signed.id, drawing);
      units.push({ organisation_id, name: row.receiver.value.trim(), signature: signed });
    }
    return { units, blobs };
  }
}
