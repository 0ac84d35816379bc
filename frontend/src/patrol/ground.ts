/** The day on a map: sites as points over the grids, both from the phone; the list stands beside it. */

import type { FeatureCollection } from "geojson";

import { map } from "../lib/maps";
import type { App } from "./app";
import { h, say } from "./dom";
import { siteKey, stops } from "./state";
import { sitePath } from "./today";
import type { Site } from "./types";

/** A JSON element of the page that the map reads instead of an address: there may be no network. */
function carried(id: string, data: FeatureCollection): HTMLElement {
  const element = h("script", { type: "application/json", id });
  element.textContent = JSON.stringify(data);
  return element;
}

export function mapPage(app: App): HTMLElement[] {
  const head = h("header", { class: "page-head" }, h("h1", { tabindex: -1 }, say("map")));
  if (!app.pack) return [head, h("p", {}, say("no_pack_text"))];
  const views = app.views();
  // Numbered as on the list of the day, those without a point included.
  const order = stops(app.pack.sites).map(({ number, lines }) => {
    const due = lines.filter((line) => !views.get(siteKey(line))?.finished);
    const shut = lines.some((line) => views.get(siteKey(line))?.unreached);
    const tone = due.length > 0 ? "calm" : shut ? "late" : "done";
    return { site: (due[0] ?? lines[0]) as Site, number: String(number), tone, visited: due.length === 0 && !shut ? 1 : 0 };
  });
  const placed = order.filter(({ site }) => site.longitude !== null && site.latitude !== null);
  const points: FeatureCollection = {
    type: "FeatureCollection",
    features: placed.map(({ site, number, tone, visited }) => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: [site.longitude as number, site.latitude as number] },
      properties: { id: siteKey(site), number, sign: number, title: site.name, url: sitePath(site), tone, visited },
    })),
  };
  const template = document.getElementById("patrol-map") as HTMLTemplateElement;
  const box = (template.content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement;
  if (app.pack.ground.features.length > 0) box.dataset["source"] = "#patrol-ground";
  box.dataset["items"] = "#patrol-points";
  const list = order.map(({ site, number }) => h("li", { class: "row patrol-row" },
    h("span", { class: "patrol-number number", "aria-hidden": "true" }, number),
    h("div", { class: "row-main" }, h("h2", { class: "row-title" }, h("a", { href: sitePath(site) }, site.name)), h("p", { class: "row-meta" }, [site.kind_label, site.where].filter(Boolean).join(" · ")))));
  // Drawn once it stands in the page: a map without a size draws nothing.
  window.setTimeout(() => map(box));
  return [head, carried("patrol-ground", app.pack.ground), carried("patrol-points", points), box, h("ol", { class: "rows patrol-rows" }, ...list)];
}
