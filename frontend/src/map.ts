/** A map of our own places; loaded by lib/maps.ts when one comes into sight. */

import type { FeatureCollection, Point } from "geojson";
import {
  AttributionControl, GeoJSONSource, Map as LibreMap, Marker, NavigationControl, Popup,
  setWorkerUrl, type MapLayerMouseEvent,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";

import { readJson } from "./lib/carried";
import { Ground } from "./lib/ground";
import { Here } from "./lib/here";
import { classBounds, colours, EMPTY, labelPoints, mapStyle } from "./lib/layers";
import { printable } from "./lib/paper";
import { movedOnto, shiftFor, type At, type Shift } from "./lib/shift";
import { fill } from "./lib/words";

setWorkerUrl(workerUrl);

interface Overlay {
  items: FeatureCollection;
  counts: Map<number, number> | null;
}

/** What lies over the ground: points (a FeatureCollection), or counts by grid ({"grids": {id: number}}). */
async function overlay(address: string | undefined, shift: Shift): Promise<Overlay> {
  if (!address) return { items: EMPTY, counts: null };
  let read: Partial<FeatureCollection> & { grids?: Record<string, unknown> };
  try {
    read = await readJson(address);
  } catch {
    // The ground is worth showing without what lies over it.
    return { items: EMPTY, counts: null };
  }
  if (!read.grids) {
    return { items: movedOnto(shift, { type: "FeatureCollection", features: read.features ?? [] }), counts: null };
  }
  const counts = new Map<number, number>();
  for (const [id, value] of Object.entries(read.grids)) {
    const number = typeof value === "number" ? value : Number((value as { open?: number } | null)?.open ?? 0);
    counts.set(Number(id), number);
  }
  return { items: EMPTY, counts };
}

export async function draw(element: HTMLElement): Promise<void> {
  const words = element.dataset;
  const tiles = words["tiles"] ? { url: words["tiles"], credit: words["tileCredit"] ?? "" } : null;
  const shift = shiftFor(words["tileSystem"], tiles !== null);
  const over = await overlay(words["items"], shift);
  const ground = new Ground(words["source"] ?? "", shift);
  ground.counts = over.counts;
  const box = words["source"] ? await ground.begin(over.counts ? "street,community,grid" : "") : null;
  const coloured = over.counts !== null || words["colours"] === "count";
  const counted = Array.from(ground.features.values(), (feature) => Number(feature.properties?.["count"] ?? 0));
  const own = given(element);
  const centre = own && shift.onto(own);
  const theme = colours();
  const canvas = document.createElement("div");
  canvas.className = "map-canvas";
  element.append(canvas);
  // A point without a zoom only says where the place lies: its outline tells more. A pin is wanted near.
  const near = centre && (words["map"] === "pick" || words["zoom"] !== undefined || !box) ? centre : undefined;
  const map = new LibreMap({
    container: canvas,
    style: mapStyle(theme, tiles, coloured ? classBounds(counted) : null),
    ...(near ? { center: near, zoom: Number(words["zoom"] ?? "15") } : {}),
    ...(!near && box ? { bounds: [box.west, box.south, box.east, box.north], fitBoundsOptions: { padding: 16 } } : {}),
    localIdeographFontFamily: getComputedStyle(element).fontFamily,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    cooperativeGestures: false,
    locale: { "NavigationControl.ZoomIn": words["wordZoomIn"] ?? "+", "NavigationControl.ZoomOut": words["wordZoomOut"] ?? "−",
      "GeolocateControl.FindMyLocation": words["wordHere"] ?? "", "Map.Title": words["label"] ?? "" },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
  map.addControl(new Here(words["wordHere"] ?? "", shift.onto), "bottom-right");
  if (tiles) map.addControl(new AttributionControl({ compact: true }), "bottom-left");
  // Before it is drawn: a tap on a map that is still loading counts too.
  if (words["map"] === "pick") picking(element, map, centre, shift);
  await new Promise<void>((done) => void map.once("load", () => done()));
  element.querySelector(".map-wait")?.remove();
  const paint = () => {
    const all = ground.all();
    set(map, "places", all);
    set(map, "labels", labelPoints(all.features));
    if (all.features.some((feature) => feature.properties?.["synthetic"])) note(element, words["wordSynthetic"] ?? "");
  };
  paint();
  set(map, "items", over.items);
  const look = async () => {
    const view = map.getBounds();
    const seen = { west: view.getWest(), south: view.getSouth(), east: view.getEast(), north: view.getNorth() };
    if (await ground.look(seen, map.getZoom())) {
      paint();
      await look();
    }
  };
  map.on("moveend", () => void look());
  if (words["map"] !== "pick") viewing(element, map);
  if (centre && words["mark"]) new Marker({ element: pinOf("span"), anchor: "bottom" }).setLngLat(centre).addTo(map);
  if (!centre && over.items.features.length > 0 && !box) fit(map, over.items);
  printable(element, map);
  element.addEventListener("linli:picture", (event) => {
    // The drawing buffer is only there while a frame is drawn.
    map.once("render", () => (event as CustomEvent<(canvas: HTMLCanvasElement) => void>).detail(map.getCanvas()));
    map.triggerRepaint();
  });
  element.addEventListener("linli:items", (event) => set(map, "items", movedOnto(shift, (event as CustomEvent<FeatureCollection>).detail)));
  // Not before what was set has come back from the worker and is drawn: what is copied to paper is then more than a background.
  map.once("idle", () => (element.dataset["ready"] = "1"));
  await look();
}

/** Where to begin: as the page says, or where the form already is. */
function given(element: HTMLElement): At | null {
  const inputs = element.dataset["map"] === "pick" ? element.closest("form")?.elements : undefined;
  const value = (name: "lon" | "lat") => {
    const input = inputs?.namedItem(name);
    return Number((input instanceof HTMLInputElement && input.value) || element.dataset[name] || NaN);
  };
  const [longitude, latitude] = [value("lon"), value("lat")];
  return Number.isFinite(longitude) && Number.isFinite(latitude) ? [longitude, latitude] : null;
}

function set(map: LibreMap, name: string, data: FeatureCollection): void {
  const source = map.getSource(name);
  if (source instanceof GeoJSONSource) void source.setData(data);
}

function note(element: HTMLElement, text: string): void {
  if (!text || element.querySelector(".map-note")) return;
  const line = document.createElement("p");
  line.className = "map-note";
  line.textContent = text;
  element.append(line);
}

function fit(map: LibreMap, data: FeatureCollection): void {
  const points = data.features.map((feature) => (feature.geometry as Point).coordinates);
  const lons = points.map((point) => point[0] as number);
  const lats = points.map((point) => point[1] as number);
  map.fitBounds([Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)], { padding: 48, maxZoom: 16 });
}

/** A pin that points at a place; as a button it can be moved. */
function pinOf<Name extends "button" | "span">(name: Name): HTMLElementTagNameMap[Name] {
  const pin = document.createElement(name);
  pin.className = "map-pin";
  pin.innerHTML =
    '<svg viewBox="0 0 40 52" aria-hidden="true"><path fill="currentColor" d="M20 1C9.5 1 1 9.4 1 19.8 1 33.5 20 51 20 51s19-17.500 19-31.200C39 9.400 30.500 1 20 1Z"/><circle cx="20" cy="20" r="7" fill="#fff"/></svg>';
  return pin;
}

/** Tap to place the pin, drag it, or move it with the arrow keys. */
function picking(element: HTMLElement, map: LibreMap, centre: At | null, shift: Shift): void {
  const pin = pinOf("button");
  pin.type = "button";
  pin.setAttribute("aria-label", element.dataset["wordPick"] ?? "");
  const marker = new Marker({ element: pin, anchor: "bottom", draggable: true });
  if (centre) marker.setLngLat(centre).addTo(map);
  const tell = () => {
    const at = marker.getLngLat();
    const [longitude, latitude] = shift.back([at.lng, at.lat]);
    element.dispatchEvent(new CustomEvent("linli:picked", { detail: { longitude, latitude } }));
  };
  let shown = centre !== null;
  // Added once: adding it again would take the focus from the pin.
  const put = (lng: number, lat: number) => {
    marker.setLngLat([lng, lat]);
    if (!shown) marker.addTo(map);
    shown = true;
  };
  map.on("click", (event) => {
    put(event.lngLat.lng, event.lngLat.lat);
    tell();
  });
  marker.on("dragend", tell);
  pin.addEventListener("keydown", (event) => {
    const moves: Record<string, [number, number]> = {
      ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0],
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    const step = event.shiftKey ? 40 : 8;
    const at = map.project(marker.getLngLat());
    const next = map.unproject([at.x + move[0] * step, at.y + move[1] * step]);
    put(next.lng, next.lat);
  });
  pin.addEventListener("keyup", (event) => {
    if (event.key.startsWith("Arrow")) tell();
  });
  map.getCanvas().addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const middle = map.getCenter();
    put(middle.lng, middle.lat);
    tell();
    pin.focus();
  });
  element.addEventListener("linli:show", (event) => {
    const { longitude, latitude } = (event as CustomEvent<{ longitude: number; latitude: number }>).detail;
    const at = shift.onto([longitude, latitude]);
    put(...at);
    map.easeTo({ center: at, zoom: Math.max(map.getZoom(), 15.5) });
  });
  const tip = document.createElement("p");
  tip.className = "map-tip";
  tip.textContent = element.dataset["wordPick"] ?? "";
  element.append(tip);
  map.once("click", () => tip.remove());
}

/** A tap opens what was tapped: a cluster comes nearer, a point shows its name as a link. */
function viewing(element: HTMLElement, map: LibreMap): void {
  map.on("click", "clusters", (event: MapLayerMouseEvent) => {
    const feature = event.features?.[0];
    const source = map.getSource("items");
    if (!feature || !(source instanceof GeoJSONSource)) return;
    const number = Number(feature.properties["cluster_id"]);
    const at = (feature.geometry as Point).coordinates as [number, number];
    void source.getClusterExpansionZoom(number).then((zoom) => map.easeTo({ center: at, zoom: zoom + 0.5 }));
  });
  map.on("click", "items", (event: MapLayerMouseEvent) => {
    const feature = event.features?.[0];
    if (!feature) return;
    const said = feature.properties;
    const content = document.createElement(said["url"] ? "a" : "p");
    if (content instanceof HTMLAnchorElement) content.href = String(said["url"]);
    content.textContent = String(said["title"] ?? said["name"] ?? said["number"] ?? "");
    const at = (feature.geometry as Point).coordinates as [number, number];
    new Popup({ offset: 14, closeButton: false }).setLngLat(at).setDOMContent(content).addTo(map);
    document.getElementById(`item-${said["number"] ?? said["id"]}`)?.scrollIntoView({ block: "nearest" });
  });
  map.on("click", "areas", (event: MapLayerMouseEvent) => {
    if (map.queryRenderedFeatures(event.point, { layers: ["items", "clusters"] }).length > 0) return;
    const found = event.features?.find((feature) => Number(feature.properties["count"] ?? 0) > 0);
    if (!found) return;
    const said = found.properties;
    const pattern = element.dataset["areaUrl"];
    const text = `${said["name"]} · ${fill(element.dataset["wordMany"], { n: said["count"] as number })}`;
    const content = document.createElement(pattern ? "a" : "p");
    if (content instanceof HTMLAnchorElement && pattern) content.href = fill(pattern, { id: said["id"] as number });
    content.textContent = text;
    new Popup({ closeButton: false }).setLngLat(event.lngLat).setDOMContent(content).addTo(map);
  });
  for (const layer of ["items", "clusters"]) {
    map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
  }
}
