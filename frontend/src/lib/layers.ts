/** What the map draws: our own places, in our colours, with labels made from the device's fonts. */

import type { FeatureCollection, Feature, Point } from "geojson";
import type { LayerSpecification, StyleSpecification, ExpressionSpecification } from "maplibre-gl";

export type Colours = Record<string, string>;

export const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };
const AREAS = ["province", "city", "district", "street", "community", "grid"];
const FONT = ["PingFang SC", "HarmonyOS Sans SC", "Noto Sans CJK SC", "Microsoft YaHei", "sans-serif"];

/** The colours of the theme as the style sheet has them. */
export function colours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const names = [
    "map-land", "map-road", "map-road-edge", "map-line", "map-label", "map-1", "map-2", "map-3", "map-4", "map-5",
    "surface", "accent", "on-accent", "red-fill", "amber", "blue", "ink", "ink-soft", "sunken", "edge",
  ];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim() || "#888"]));
}

/** Names stand where the server put them (inside the area); one label for each place. */
export function labelPoints(features: readonly Feature[]): FeatureCollection<Point> {
  const points: Feature<Point>[] = [];
  for (const feature of features) {
    const at = feature.properties?.["label"] as [number, number] | undefined;
    if (!at || feature.properties?.["kind"] === "road") continue;
    points.push({
      type: "Feature",
      id: feature.id ?? 0,
      geometry: { type: "Point", coordinates: at },
      properties: feature.properties,
    });
  }
  return { type: "FeatureCollection", features: points };
}

/** Four bounds of five classes, by equal shares of the places that have anything; 0 is a class of its own. */
export function classBounds(counts: readonly number[]): number[] {
  const some = counts.filter((count) => count > 0).sort((a, b) => a - b);
  if (some.length === 0) return [1, 2, 3, 4];
  const at = (part: number) => some[Math.min(some.length - 1, Math.floor(some.length * part))] as number;
  const bounds = [1, at(0.25) + 1, at(0.5) + 2, at(0.75) + 3];
  return bounds.map((bound, i) => Math.max(bound, i === 0 ? 1 : (bounds[i - 1] as number) + 1));
}

function isKind(...kinds: string[]): ExpressionSpecification {
  return ["in", ["get", "kind"], ["literal", kinds]];
}

function fillColour(colour: Colours, bounds: number[] | null): ExpressionSpecification | string {
  if (!bounds) return colour["map-land"] as string;
  return [
    "step", ["coalesce", ["get", "count"], 0], colour["surface"] as string,
    bounds[0] as number, colour["map-2"] as string,
    bounds[1] as number, colour["map-3"] as string,
    bounds[2] as number, colour["map-4"] as string,
    bounds[3] as number, colour["map-5"] as string,
  ];
}

function groundLayers(colour: Colours, bounds: number[] | null, tiles: boolean): LayerSpecification[] {
  const fill: LayerSpecification = {
    id: "areas", type: "fill", source: "places", filter: isKind(...AREAS),
    paint: { "fill-color": fillColour(colour, bounds), "fill-opacity": tiles ? (bounds ? 0.55 : 0) : 1 },
  };
  const lines: LayerSpecification = {
    id: "borders", type: "line", source: "places", filter: isKind(...AREAS),
    layout: { "line-join": "round" },
    paint: {
      "line-color": colour["map-line"] as string,
      // Far away only wide areas have an outline; the narrow ones come as one gets nearer.
      "line-width": [
        "interpolate", ["linear"], ["zoom"],
        9, ["match", ["get", "kind"], "district", 2, "street", 1.25, "community", 0.35, 0.2],
        13, ["match", ["get", "kind"], "district", 3, "street", 2, "community", 1.25, 0.6],
        16, ["match", ["get", "kind"], "district", 4, "street", 3, "community", 2, 1.25],
      ],
      "line-opacity": ["match", ["get", "kind"], "grid", 0.7, 0.9],
    },
  };
  const building: LayerSpecification = {
    id: "buildings", type: "fill", source: "places", filter: isKind("building", "site"),
    paint: { "fill-color": colour["map-1"] as string, "fill-outline-color": colour["map-line"] as string },
  };
  return [fill, lines, building];
}

function roadLayers(colour: Colours): LayerSpecification[] {
  const width = (extra: number): ExpressionSpecification => [
    "interpolate", ["exponential", 1.5], ["zoom"], 11, 0.75 + extra, 14, 3 + extra, 17, 10 + extra, 19, 22 + extra,
  ];
  const round = { "line-cap": "round", "line-join": "round" } as const;
  return [
    {
      id: "road-edges", type: "line", source: "places", filter: isKind("road"), layout: round,
      paint: { "line-color": colour["map-road-edge"] as string, "line-width": width(1.5) },
    },
    {
      id: "roads", type: "line", source: "places", filter: isKind("road"), layout: round,
      paint: { "line-color": colour["map-road"] as string, "line-width": width(0) },
    },
  ];
}

function labelLayers(colour: Colours): LayerSpecification[] {
  const halo = { "text-halo-color": colour["surface"] as string, "text-halo-width": 1.75 };
  const ink = { "text-color": colour["map-label"] as string, ...halo };
  return [
    {
      id: "road-names", type: "symbol", source: "places", filter: isKind("road"), minzoom: 13,
      layout: {
        "symbol-placement": "line", "symbol-spacing": 320, "text-field": ["get", "name"], "text-font": FONT,
        "text-size": ["interpolate", ["linear"], ["zoom"], 13, 11, 17, 14], "text-max-angle": 38,
      },
      paint: { "text-color": colour["ink-soft"] as string, ...halo },
    },
    {
      id: "landmarks", type: "circle", source: "labels", filter: isKind("landmark"), minzoom: 12.5,
      paint: {
        "circle-radius": 4, "circle-color": colour["blue"] as string,
        "circle-stroke-width": 1.5, "circle-stroke-color": colour["surface"] as string,
      },
    },
    {
      id: "landmark-names", type: "symbol", source: "labels", filter: isKind("landmark"), minzoom: 12.5,
      layout: {
        "text-field": ["get", "name"], "text-font": FONT, "text-size": 13, "text-anchor": "top",
        "text-offset": [0, 0.5], "text-max-width": 8,
      },
      paint: ink,
    },
    {
      id: "building-names", type: "symbol", source: "labels", filter: isKind("building", "site"), minzoom: 16.5,
      layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 12, "text-max-width": 7 },
      paint: ink,
    },
    areaNames("grid", 15, 12, ink),
    areaNames("community", 12.5, 13, ink),
    areaNames("street", 9, 15, ink),
    areaNames("district", 6, 17, ink),
  ];
}

function areaNames(kind: string, from: number, size: number, paint: Record<string, unknown>): LayerSpecification {
  const counted: ExpressionSpecification = [
    "case", [">", ["coalesce", ["get", "count"], 0], 0],
    ["concat", ["get", "name"], "\n", ["to-string", ["get", "count"]]],
    ["get", "name"],
  ];
  return {
    id: `names-${kind}`, type: "symbol", source: "labels", filter: isKind(kind), minzoom: from,
    layout: { "text-field": counted, "text-font": FONT, "text-size": size, "text-max-width": 9, "text-padding": 6 },
    paint,
  } as LayerSpecification;
}

/** How a point feels: late or missed, soon or still to do, over or without a limit; else all is well. */
function tone(colour: Colours): ExpressionSpecification {
  return [
    "match", ["get", "tone"], ["red", "late"], colour["red-fill"] as string, ["amber", "soon"], colour["amber"] as string,
    ["done", "none"], colour["ink-soft"] as string, colour["accent"] as string,
  ];
}

/** Of points that are to be visited: how many of a cluster are; it is coloured by what is still to do. */
const VISITED: ExpressionSpecification = ["coalesce", ["get", "visited"], 0];
const ASKED: ExpressionSpecification = ["coalesce", ["get", "asked"], 0];
const TOLD: ExpressionSpecification = [">", ASKED, 0];
const COUNTED: ExpressionSpecification = ["case", TOLD, ["concat", ["to-string", VISITED], "/", ["to-string", ASKED]], ["to-string", ["get", "point_count"]]];

function clusterTone(colour: Colours): ExpressionSpecification {
  return ["case", ["<", VISITED, ASKED], colour["amber"] as string, colour["accent"] as string];
}

function itemLayers(colour: Colours): LayerSpecification[] {
  return [
    {
      id: "clusters", type: "circle", source: "items", filter: ["has", "point_count"],
      paint: {
        "circle-color": clusterTone(colour), "circle-stroke-color": colour["surface"] as string,
        "circle-stroke-width": 2,
        "circle-radius": ["case", TOLD, ["step", ["get", "point_count"], 19, 10, 24, 100, 30], ["step", ["get", "point_count"], 16, 10, 20, 100, 26]],
      },
    },
    {
      id: "cluster-counts", type: "symbol", source: "items", filter: ["has", "point_count"],
      layout: {
        "text-field": COUNTED, "text-font": FONT, "text-size": ["case", TOLD, 12, 14],
        "text-allow-overlap": true,
      },
      paint: { "text-color": colour["on-accent"] as string },
    },
    {
      id: "items", type: "circle", source: "items", filter: ["!", ["has", "point_count"]],
      paint: {
        "circle-color": tone(colour), "circle-radius": ["case", ["has", "sign"], 12, 9], "circle-stroke-width": 2.5,
        "circle-stroke-color": colour["surface"] as string,
      },
    },
    {
      id: "item-signs", type: "symbol", source: "items", filter: ["all", ["!", ["has", "point_count"]], ["has", "sign"]],
      layout: { "text-field": ["get", "sign"], "text-font": FONT, "text-size": 12, "text-allow-overlap": true },
      paint: { "text-color": colour["on-accent"] as string },
    },
  ];
}

export interface Tiles {
  url: string;
  credit: string;
}

/** The whole style. No glyph address: MapLibre then draws every letter from the device's own fonts. */
export function mapStyle(colour: Colours, tiles: Tiles | null, bounds: number[] | null): StyleSpecification {
  const raster: StyleSpecification["sources"] = tiles
    ? { tiles: { type: "raster", tiles: [tiles.url], tileSize: 256, attribution: tiles.credit, maxzoom: 18 } }
    : {};
  const rasterLayer: LayerSpecification[] = tiles ? [{ id: "tiles", type: "raster", source: "tiles" }] : [];
  return {
    version: 8,
    sources: {
      ...raster,
      places: { type: "geojson", data: EMPTY },
      labels: { type: "geojson", data: EMPTY },
      items: {
        type: "geojson", data: EMPTY, cluster: true, clusterRadius: 44, clusterMaxZoom: 16,
        clusterProperties: { asked: ["+", ["case", ["has", "visited"], 1, 0]], visited: ["+", ["case", ["==", ["get", "visited"], 1], 1, 0]] },
      },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": colour["sunken"] as string } },
      ...rasterLayer,
      ...groundLayers(colour, bounds, Boolean(tiles)),
      ...(tiles ? [] : roadLayers(colour)),
      ...labelLayers(colour),
      ...itemLayers(colour),
    ],
  };
}
