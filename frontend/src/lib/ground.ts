/** The ground under a map, loaded as far as someone looks: a district first, its streets' roads when near. */

import type { Feature, FeatureCollection } from "geojson";

import { readJson } from "./carried";
import { movedOnto, shiftFor, type Shift } from "./shift";

export interface Box {
  west: number;
  south: number;
  east: number;
  north: number;
}

const ADDRESS = /^(.*\/places\/)(\d+)(\/map\.json)/;
const NEAR_STREETS = 12.5;
const NEAR_COMMUNITIES = 15.5;
const AT_ONCE = 6;

/** The rectangle around a geometry. */
export function boxOf(feature: Feature): Box {
  const box: Box = { west: Infinity, south: Infinity, east: -Infinity, north: -Infinity };
  const walk = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    if (typeof part[0] === "number" && typeof part[1] === "number") {
      box.west = Math.min(box.west, part[0]);
      box.east = Math.max(box.east, part[0]);
      box.south = Math.min(box.south, part[1]);
      box.north = Math.max(box.north, part[1]);
    } else part.forEach(walk);
  };
  if ("coordinates" in feature.geometry) walk(feature.geometry.coordinates);
  return box;
}

/** Whether two rectangles share a point. */
export function meet(a: Box, b: Box): boolean {
  return a.west <= b.east && b.west <= a.east && a.south <= b.north && b.south <= a.north;
}

export class Ground {
  readonly features = new Map<number | string, Feature>();
  private readonly boxes = new Map<number | string, Box>();
  private readonly loaded = new Set<string>();
  counts: Map<number, number> | null = null;

  constructor(
    private readonly source: string,
    private readonly shift: Shift = shiftFor("", false),
  ) {}

  /** The first view: the source itself. Returns its bounding box where it has one. */
  async begin(show = ""): Promise<Box | null> {
    const address = show ? `${this.source}${this.source.includes("?") ? "&" : "?"}show=${show}` : this.source;
    const read = await this.read(address);
    const edges = read.bbox;
    return edges && edges.length === 4
      ? { west: edges[0] as number, south: edges[1] as number, east: edges[2] as number, north: edges[3] as number }
      : null;
  }

  /** Load what lies in sight and is not here yet; true when something came. */
  async look(view: Box, zoom: number): Promise<boolean> {
    const parts = ADDRESS.exec(this.source);
    if (!parts || this.counts || zoom < NEAR_STREETS) return false;
    const wanted = this.missing(view, zoom, parts[1] as string, parts[3] as string);
    if (wanted.length === 0) return false;
    await Promise.all(wanted.map((address) => this.read(address)));
    return true;
  }

  private missing(view: Box, zoom: number, before: string, after: string): string[] {
    const wanted: string[] = [];
    for (const [id, feature] of this.features) {
      const kind = feature.properties?.["kind"];
      const near = kind === "street" || (kind === "community" && zoom >= NEAR_COMMUNITIES);
      if (!near || !meet(this.boxes.get(id) ?? boxOf(feature), view)) continue;
      const address = `${before}${id}${after}?zoom=${kind === "street" ? 14 : 17}`;
      if (!this.loaded.has(address) && wanted.length < AT_ONCE) wanted.push(address);
    }
    return wanted;
  }

  private async read(address: string): Promise<FeatureCollection> {
    this.loaded.add(address);
    const read = movedOnto(this.shift, await readJson<FeatureCollection>(address));
    for (const feature of read.features) {
      const id = (feature.properties?.["id"] as number | undefined) ?? feature.id ?? this.features.size;
      const count = this.counts?.get(Number(id));
      if (count !== undefined) feature.properties = { ...feature.properties, count };
      if (!this.features.has(id)) this.boxes.set(id, boxOf(feature));
      this.features.set(id, feature);
    }
    return read;
  }

  /** Everything known, wide areas first, so that narrow ones lie on top. */
  all(): FeatureCollection {
    const rank = ["province", "city", "district", "street", "community", "grid", "road", "building", "site", "landmark"];
    const features = Array.from(this.features.values());
    features.sort((a, b) => rank.indexOf(a.properties?.["kind"]) - rank.indexOf(b.properties?.["kind"]));
    return { type: "FeatureCollection", features };
  }
}
