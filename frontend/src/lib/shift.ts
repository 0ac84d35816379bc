/** Between Linli's positions (CGCS2000, for this purpose WGS-84) and base maps that are shifted (GCJ-02).
 *
 * The same open approximation as linli/kernel/coordinates.py; a test holds both to the same points. What the map
 * draws is shifted on its way in, what people tap is shifted back on its way out, so that nothing outside of the map
 * ever meets a shifted position.
 */

import type { FeatureCollection, Feature, Geometry } from "geojson";

export type At = [number, number];

const AXIS = 6378245;
const ECCENTRICITY_SQUARED = 0.006693421622965943;
const WEST = 72.004;
const EAST = 137.8347;
const SOUTH = 0.8293;
const NORTH = 55.8271;
const STEPS = 10;

const inside = ([lon, lat]: At): boolean => WEST <= lon && lon <= EAST && SOUTH <= lat && lat <= NORTH;

function shifted([lon, lat]: At): At {
  const x = lon - 105;
  const y = lat - 35;
  const { PI: pi, sin } = Math;
  const root = Math.sqrt(Math.abs(x));
  const waves = ((20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2) / 3;
  const north =
    -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves +
    ((20 * sin(y * pi) + 40 * sin((y / 3) * pi)) * 2) / 3 +
    ((160 * sin((y / 12) * pi) + 320 * sin((y * pi) / 30)) * 2) / 3;
  const east =
    300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves +
    ((20 * sin(x * pi) + 40 * sin((x / 3) * pi)) * 2) / 3 +
    ((150 * sin((x / 12) * pi) + 300 * sin((x / 30) * pi)) * 2) / 3;
  const latitude = (lat * pi) / 180;
  const magic = 1 - ECCENTRICITY_SQUARED * sin(latitude) ** 2;
  const meridian = (AXIS * (1 - ECCENTRICITY_SQUARED)) / (magic * Math.sqrt(magic));
  const parallel = (AXIS / Math.sqrt(magic)) * Math.cos(latitude);
  return [lon + ((east / parallel) * 180) / pi, lat + ((north / meridian) * 180) / pi];
}

/** The position as GCJ-02 has it; outside of China nothing is shifted. */
export function toGcj(at: At): At {
  return inside(at) ? shifted(at) : at;
}

/** The position that GCJ-02 shows here, found by iteration to far below a millimetre. */
export function fromGcj(at: At): At {
  let [lon, lat] = at;
  for (let step = 0; step < STEPS; step += 1) {
    const there = shifted([lon, lat]);
    lon += at[0] - there[0];
    lat += at[1] - there[1];
  }
  return inside([lon, lat]) ? [lon, lat] : at;
}

/** How one kind of base map is met: positions going onto it, and coming back from it. */
export interface Shift {
  onto: (at: At) => At;
  back: (at: At) => At;
}

const NONE: Shift = { onto: (at) => at, back: (at) => at };
const GCJ: Shift = { onto: toGcj, back: fromGcj };

/** The shift for tiles in a coordinate system (the setting LINLI_TILE_CRS); without tiles there is none. */
export function shiftFor(system: string | undefined, tiles: boolean): Shift {
  return tiles && system === "GCJ-02" ? GCJ : NONE;
}

/** A collection with every position moved, those of labels and of its box included. The one given is left alone. */
export function movedOnto<T extends FeatureCollection>(shift: Shift, data: T): T {
  if (shift === NONE) return data;
  const box = data.bbox;
  const corners = box?.length === 4 ? [...shift.onto([box[0], box[1]]), ...shift.onto([box[2], box[3]])] : undefined;
  return { ...data, ...(corners ? { bbox: corners } : {}), features: data.features.map((one) => moved(shift, one)) };
}

function moved(shift: Shift, feature: Feature): Feature {
  const walk = (part: unknown): unknown => {
    if (!Array.isArray(part)) return part;
    return typeof part[0] === "number" ? shift.onto([part[0], part[1] as number]) : part.map(walk);
  };
  const label = feature.properties?.["label"] as At | undefined;
  const geometry = feature.geometry as (Geometry & { coordinates?: unknown }) | null;
  return {
    ...feature,
    geometry: geometry ? ({ ...geometry, coordinates: walk(geometry.coordinates) } as Geometry) : feature.geometry,
    properties: label ? { ...feature.properties, label: shift.onto(label) } : feature.properties,
  };
}
