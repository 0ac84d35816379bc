/** Place and time inside a photo: read before shrinking, because drawing a picture anew drops them. */

export interface PhotoFacts {
  /** Degrees east and north, WGS-84; absent when the photo does not know its place. */
  longitude?: number;
  latitude?: number;
  /** As the camera wrote it, in its own local time: 2026-11-23T09:12:30, with an offset when the photo has one. */
  takenAt?: string;
}

const EXIF_SUB_DIRECTORY = 0x8769;
const GPS_DIRECTORY = 0x8825;
const DATE_TIME_ORIGINAL = 0x9003;
const OFFSET_TIME_ORIGINAL = 0x9011;
const SIZES: Record<number, number> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8 };

interface Entry {
  type: number;
  count: number;
  at: number;
}

class Reader {
  private readonly view: DataView;
  private readonly start: number;
  private readonly little: boolean;

  constructor(view: DataView, start: number) {
    this.view = view;
    this.start = start;
    this.little = view.getUint16(start) === 0x4949;
  }

  short(at: number): number {
    return this.view.getUint16(this.start + at, this.little);
  }

  long(at: number): number {
    return this.view.getUint32(this.start + at, this.little);
  }

  directory(at: number): Map<number, Entry> {
    const entries = new Map<number, Entry>();
    const count = Math.min(this.short(at), 512);
    for (let i = 0; i < count; i++) {
      const slot = at + 2 + i * 12;
      const type = this.short(slot + 2);
      const number = this.long(slot + 4);
      const inline = (SIZES[type] ?? 1) * number <= 4;
      entries.set(this.short(slot), { type, count: number, at: inline ? slot + 8 : this.long(slot + 8) });
    }
    return entries;
  }

  text(entry: Entry | undefined): string {
    if (!entry || entry.count > 64) return "";
    let text = "";
    for (let i = 0; i < entry.count; i++) {
      const code = this.view.getUint8(this.start + entry.at + i);
      if (code === 0) break;
      text += String.fromCharCode(code);
    }
    return text.trim();
  }

  degrees(entry: Entry | undefined): number | undefined {
    if (!entry || entry.count < 3 || entry.type !== 5) return undefined;
    const part = (i: number) => this.long(entry.at + i * 8) / this.long(entry.at + i * 8 + 4);
    const value = part(0) + (part(1) || 0) / 60 + (part(2) || 0) / 3600;
    return Number.isFinite(value) ? value : undefined;
  }
}

/** Where the TIFF part of a JPEG's EXIF begins, or -1. */
export function exifStart(view: DataView): number {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return -1;
  let at = 2;
  while (at + 10 <= view.byteLength) {
    const marker = view.getUint16(at);
    if ((marker & 0xff00) !== 0xff00 || marker === 0xffda) return -1;
    if (marker === 0xffe1 && view.getUint32(at + 4) === 0x45786966) return at + 10;
    at += 2 + view.getUint16(at + 2);
  }
  return -1;
}

/** What a JPEG says about itself; an empty answer for anything that cannot be read. */
export function readFacts(bytes: ArrayBuffer): PhotoFacts {
  const view = new DataView(bytes);
  try {
    const start = exifStart(view);
    return start < 0 ? {} : facts(new Reader(view, start));
  } catch (error) {
    // A damaged header is no reason to refuse a photo: the server looks again and the person can set the place.
    if (error instanceof RangeError) return {};
    throw error;
  }
}

function facts(reader: Reader): PhotoFacts {
  const main = reader.directory(reader.long(4));
  const found: PhotoFacts = {};
  const sub = main.get(EXIF_SUB_DIRECTORY);
  if (sub) {
    const entries = reader.directory(reader.long(sub.at));
    const moment = /^(\d{4}):(\d{2}):(\d{2}) (\d{2}:\d{2}:\d{2})/.exec(reader.text(entries.get(DATE_TIME_ORIGINAL)));
    const offset = /^[+-]\d{2}:\d{2}$/.exec(reader.text(entries.get(OFFSET_TIME_ORIGINAL)));
    if (moment && moment[1] !== "0000") {
      found.takenAt = `${moment[1]}-${moment[2]}-${moment[3]}T${moment[4]}${offset ? offset[0] : ""}`;
    }
  }
  const place = main.get(GPS_DIRECTORY);
  if (place) {
    const entries = reader.directory(reader.long(place.at));
    const latitude = reader.degrees(entries.get(2));
    const longitude = reader.degrees(entries.get(4));
    if (latitude !== undefined && longitude !== undefined && (latitude !== 0 || longitude !== 0)) {
      found.latitude = reader.text(entries.get(1)) === "S" ? -latitude : latitude;
      found.longitude = reader.text(entries.get(3)) === "W" ? -longitude : longitude;
    }
  }
  return found;
}
