/** QR codes drawn on the phone (ISO/IEC 18004): bytes, error correction M, versions 1 to 10; for what has to be shown with no network. */

/** By version: check bytes of a block, and blocks. */
const CHECK = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5];
const FORMAT_M = 0;
const QUIET = 4;

type Grid = boolean[][];

/** All bits that a version has room for, data and checks. */
function room(version: number): number {
  let bits = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const marks = Math.floor(version / 7) + 2;
    bits -= (25 * marks - 10) * marks - 55;
    if (version >= 7) bits -= 36;
  }
  return bits;
}

function dataBytes(version: number): number {
  return Math.floor(room(version) / 8) - at(CHECK, version - 1) * at(BLOCKS, version - 1);
}

function at(list: readonly number[], index: number): number {
  return list[index] ?? 0;
}

/** Multiplication in GF(2^8) with 0x11d. */
function times(x: number, y: number): number {
  let found = 0;
  for (let bit = 7; bit >= 0; bit--) {
    found = (found << 1) ^ ((found >>> 7) * 0x11d);
    found ^= ((y >>> bit) & 1) * x;
  }
  return found;
}

function divisor(degree: number): number[] {
  const found = [...Array<number>(degree - 1).fill(0), 1];
  let root = 1;
  for (let round = 0; round < degree; round++) {
    for (let place = 0; place < degree; place++) found[place] = times(at(found, place), root) ^ at(found, place + 1);
    root = times(root, 2);
  }
  return found;
}

function checks(data: readonly number[], by: readonly number[]): number[] {
  const found = Array<number>(by.length).fill(0);
  for (const byte of data) {
    const factor = byte ^ (found.shift() ?? 0);
    found.push(0);
    by.forEach((part, place) => (found[place] = at(found, place) ^ times(part, factor)));
  }
  return found;
}

/** The bytes of the code: mode, length, text, filling; then each block's checks, laid in turns. */
function bytesOf(text: Uint8Array, version: number): number[] {
  const bits: number[] = [];
  const put = (value: number, length: number) => {
    for (let bit = length - 1; bit >= 0; bit--) bits.push((value >>> bit) & 1);
  };
  const capacity = dataBytes(version) * 8;
  put(4, 4);
  put(text.length, version < 10 ? 8 : 16);
  for (const byte of text) put(byte, 8);
  put(0, Math.min(4, capacity - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  for (let filling = 0xec; bits.length < capacity; filling ^= 0xec ^ 0x11) put(filling, 8);
  const data = Array.from({ length: bits.length / 8 }, (_, byte) => Number.parseInt(bits.slice(byte * 8, byte * 8 + 8).join(""), 2));
  const blocks = at(BLOCKS, version - 1);
  const check = at(CHECK, version - 1);
  const total = Math.floor(room(version) / 8);
  const short = blocks - (total % blocks);
  const length = Math.floor(total / blocks) - check;
  const by = divisor(check);
  const parts: number[][] = [];
  const ends: number[][] = [];
  for (let block = 0, from = 0; block < blocks; block++) {
    const part = data.slice(from, from + length + (block < short ? 0 : 1));
    from += part.length;
    parts.push(part);
    ends.push(checks(part, by));
  }
  const found: number[] = [];
  for (let place = 0; place <= length; place++) for (const part of parts) if (place < part.length) found.push(at(part, place));
  for (let place = 0; place < check; place++) for (const end of ends) found.push(at(end, place));
  return found;
}

function marksOf(version: number): number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const size = version * 4 + 17;
  const step = Math.ceil((size - 13) / (count * 2 - 2)) * 2;
  const found = [6];
  for (let place = size - 7; found.length < count; place -= step) found.splice(1, 0, place);
  return found;
}

/** What is the same in every code of a version; `taken` says where. */
function frame(version: number): { cells: Grid; taken: Grid } {
  const size = version * 4 + 17;
  const cells: Grid = Array.from({ length: size }, () => Array<boolean>(size).fill(false));
  const taken: Grid = Array.from({ length: size }, () => Array<boolean>(size).fill(false));
  const set = (x: number, y: number, dark: boolean) => {
    if (x < 0 || y < 0 || x >= size || y >= size) return;
    (cells[y] as boolean[])[x] = dark;
    (taken[y] as boolean[])[x] = true;
  };
  for (let place = 0; place < size; place++) {
    set(6, place, place % 2 === 0);
    set(place, 6, place % 2 === 0);
  }
  for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]] as const)
    for (let dy = -4; dy <= 4; dy++)
      for (let dx = -4; dx <= 4; dx++) {
        const far = Math.max(Math.abs(dx), Math.abs(dy));
        set(x + dx, y + dy, far !== 2 && far !== 4);
      }
  const marks = marksOf(version);
  const last = marks.length - 1;
  marks.forEach((x, i) => marks.forEach((y, j) => {
    if ((i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0)) return;
    for (let dy = -2; dy <= 2; dy++) for (let dx = -2; dx <= 2; dx++) set(x + dx, y + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
  }));
  if (version >= 7) {
    let rest = version;
    for (let round = 0; round < 12; round++) rest = (rest << 1) ^ ((rest >>> 11) * 0x1f25);
    const bits = (version << 12) | rest;
    for (let bit = 0; bit < 18; bit++) {
      const a = size - 11 + (bit % 3);
      const b = Math.floor(bit / 3);
      set(a, b, ((bits >>> bit) & 1) === 1);
      set(b, a, ((bits >>> bit) & 1) === 1);
    }
  }
  format(size, 0, set);
  return { cells, taken };
}

function format(size: number, mask: number, set: (x: number, y: number, dark: boolean) => void): void {
  const data = (FORMAT_M << 3) | mask;
  let rest = data;
  for (let round = 0; round < 10; round++) rest = (rest << 1) ^ ((rest >>> 9) * 0x537);
  const bits = ((data << 10) | rest) ^ 0x5412;
  const bit = (place: number) => ((bits >>> place) & 1) === 1;
  for (let place = 0; place <= 5; place++) set(8, place, bit(place));
  set(8, 7, bit(6));
  set(8, 8, bit(7));
  set(7, 8, bit(8));
  for (let place = 9; place < 15; place++) set(14 - place, 8, bit(place));
  for (let place = 0; place < 8; place++) set(size - 1 - place, 8, bit(place));
  for (let place = 8; place < 15; place++) set(8, size - 15 + place, bit(place));
  set(8, size - 8, true);
}

const MASKS: ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_x, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** How hard a code is to read: long runs, blocks of one colour, what looks like a corner, too dark or too light. */
function penalty(cells: Grid): number {
  const size = cells.length;
  const turned = cells.map((_row, x) => cells.map((row) => row[x] === true));
  let found = 0;
  for (const lines of [cells, turned])
    for (const line of lines) {
      const text = line.map((dark) => (dark ? "1" : "0")).join("");
      for (const run of text.match(/0{5,}|1{5,}/g) ?? []) found += run.length - 2;
      for (let place = 0; place + 11 <= size; place++) if (/^(00001011101|10111010000)/.test(text.slice(place, place + 11))) found += 40;
    }
  let dark = 0;
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const one = cells[y]?.[x];
      if (one) dark += 1;
      if (x && y && one === cells[y]?.[x - 1] && one === cells[y - 1]?.[x] && one === cells[y - 1]?.[x - 1]) found += 3;
    }
  return found + Math.floor(Math.abs((dark * 20) / (size * size) - 10)) * 10;
}

/** The dark cells of a text's code, row by row. Throws where the text is longer than version 10 holds (213 bytes). */
export function cellsOf(text: string): Grid {
  const bytes = new TextEncoder().encode(text);
  let version = 1;
  while (version <= 10 && bytes.length > dataBytes(version) - (version < 10 ? 2 : 3)) version += 1;
  if (version > 10) throw new Error("too long for a code");
  const { cells, taken } = frame(version);
  const size = cells.length;
  const stream = bytesOf(bytes, version).flatMap((byte) => Array.from({ length: 8 }, (_, bit) => ((byte >>> (7 - bit)) & 1) === 1));
  let next = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++)
      for (const x of [right, right - 1]) {
        const y = ((right + 1) & 2) === 0 ? size - 1 - step : step;
        if (!taken[y]?.[x]) (cells[y] as boolean[])[x] = stream[next++] === true;
      }
  }
  const tried = MASKS.map((mask, number) => {
    const masked = cells.map((row, y) => row.map((dark, x) => (taken[y]?.[x] ? dark : dark !== mask(x, y))));
    format(size, number, (x, y, dark) => ((masked[y] as boolean[])[x] = dark));
    return masked;
  });
  const marks = tried.map(penalty);
  return tried[marks.indexOf(Math.min(...marks))] ?? cells;
}

/** The code as a picture, with its quiet zone. */
export function picture(text: string): SVGSVGElement {
  const cells = cellsOf(text);
  const space = "http://www.w3.org/2000/svg";
  const drawn = document.createElementNS(space, "svg");
  const whole = cells.length + 2 * QUIET;
  drawn.setAttribute("viewBox", `0 0 ${whole} ${whole}`);
  drawn.setAttribute("shape-rendering", "crispEdges");
  const back = document.createElementNS(space, "path");
  back.setAttribute("fill", "#fff");
  back.setAttribute("d", `M0 0h${whole}v${whole}H0z`);
  const dark = document.createElementNS(space, "path");
  dark.setAttribute("d", cells.flatMap((row, y) => row.flatMap((one, x) => (one ? [`M${x + QUIET} ${y + QUIET}h1v1h-1z`] : []))).join(""));
  drawn.append(back, dark);
  return drawn;
}
