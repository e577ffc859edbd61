/** What a disk was told, in order; and the disk as a power cut would have left it. */

import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { toText } from "../../../src/formats/bytes.ts";

/** Something that a disk was told. */
export type LogEntry =
  | { readonly kind: "write"; readonly offset: number; readonly data: Bytes }
  | { readonly kind: "zero"; readonly offset: number; readonly length: number }
  | { readonly kind: "flush" }
  | { readonly kind: "mark"; readonly text: string };

type Bytes = Uint8Array<ArrayBuffer>;

const KINDS = ["write", "zero", "flush", "mark"] as const;
const LITTLE_ENDIAN = true;
const HEADER_BYTES = 24;
// What a disk writes as a whole or not at all, as most promise today.
const SECTOR_BYTES = 4096;

/** What stands before the data of an entry; those that are written and marks. */
export function logHeader(
  kind: LogEntry["kind"],
  offset: number,
  length: number,
): Uint8Array {
  const view = new DataView(new ArrayBuffer(HEADER_BYTES));
  view.setUint32(0, KINDS.indexOf(kind), LITTLE_ENDIAN);
  view.setBigUint64(8, BigInt(offset), LITTLE_ENDIAN);
  view.setBigUint64(16, BigInt(length), LITTLE_ENDIAN);
  return new Uint8Array(view.buffer);
}

/** Reads a log, as far as its last entry is whole. */
export function readLog(path: string): readonly LogEntry[] {
  const bytes: Bytes = new Uint8Array(readFileSync(path));
  const view = new DataView(bytes.buffer);
  const entries: LogEntry[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const kind = KINDS[view.getUint32(at, LITTLE_ENDIAN)];
    const offset = Number(view.getBigUint64(at + 8, LITTLE_ENDIAN));
    const length = Number(view.getBigUint64(at + 16, LITTLE_ENDIAN));
    at += HEADER_BYTES;
    switch (kind) {
      case "zero":
        entries.push({ kind, offset, length });
        break;
      case "flush":
        entries.push({ kind });
        break;
      case "write":
      case "mark": {
        const data = bytes.subarray(at, at += length);
        entries.push(
          kind === "write"
            ? { kind, offset, data }
            : { kind, text: toText(data) },
        );
        break;
      }
      case undefined:
        throw new Error(`Cannot read "${path}": what is at ${at}?`);
    }
  }
  return entries;
}

/** When the power goes, and what of the unflushed writes the disk had done. */
export interface Cut {
  /** So many entries came before it. */
  readonly at: number;
  /** Asked for each sector that was written after the last flush before. */
  readonly keeps: () => boolean;
}

/**
 * Makes a disk that was `image` at first into what the cut leaves: all that was
 * written before the last flush, and of the later writes whatever sectors were kept.
 */
export function applyCut(
  image: string,
  log: readonly LogEntry[],
  { at, keeps }: Cut,
): void {
  const done = log.slice(0, at);
  const flushed = done.findLastIndex(({ kind }) => kind === "flush");
  const fd = openSync(image, "r+");
  try {
    for (const [index, entry] of done.entries()) {
      const isWanted = index < flushed ? () => true : keeps;
      if (entry.kind === "write") {
        writeSectors(fd, entry.offset, entry.data, isWanted);
      } else if (entry.kind === "zero") {
        writeSectors(fd, entry.offset, new Uint8Array(entry.length), isWanted);
      }
    }
  } finally {
    closeSync(fd);
  }
}

function writeSectors(
  fd: number,
  offset: number,
  data: Uint8Array,
  isWanted: () => boolean,
): void {
  for (let at = 0; at < data.length; at += SECTOR_BYTES) {
    if (!isWanted()) continue;
    const count = Math.min(SECTOR_BYTES, data.length - at);
    writeSync(fd, data, at, count, offset + at);
  }
}
