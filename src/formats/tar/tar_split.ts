/**
 * tar-split: what a layer's archive holds beside file content, so that the same
 * archive can be made again from the unpacked files. Gzipped lines of JSON.
 */

import { gzipSync } from "node:zlib";
import { decodeBinaryString, fromBinaryString } from "../binary_string.ts";
import { type Bytes, toBytes } from "../bytes.ts";

/** Writes a tar-split file. */
export interface TarSplitWriter {
  /** Adds bytes of the archive that no unpacked file holds. */
  addSegment(bytes: Uint8Array): void;
  /**
   * Adds a file whose content, if any, is found under its name.
   *
   * @param name As in the archive, as a binary string.
   * @param crc Its content's CRC-64 as base64; omitted if it has none.
   */
  addFile(name: string, size: number, crc?: string): void;
  /** Writes what is left. */
  end(): void;
}

// Segments are cut at this length, so that no line grows with the layer.
const MAX_SEGMENT_BYTES = 64 * 1024;
// Members of the gzip file: large enough to compress, small enough to forget.
const MEMBER_CHARACTERS = 512 * 1024;

/**
 * Creates a writer.
 *
 * @param sink Gets the file, piece by piece.
 */
export function createTarSplitWriter(
  sink: (bytes: Bytes) => void,
): TarSplitWriter {
  const segment = new Uint8Array(MAX_SEGMENT_BYTES);
  let filled = 0;
  let position = 0;
  let lines = "";
  return {
    addSegment(bytes) {
      for (let at = 0; at < bytes.length;) {
        const step = Math.min(MAX_SEGMENT_BYTES - filled, bytes.length - at);
        segment.set(bytes.subarray(at, at + step), filled);
        filled += step;
        at += step;
        if (filled === MAX_SEGMENT_BYTES) flushSegment();
      }
    },
    addFile(name, size, crc) {
      flushSegment();
      const payload = crc === undefined ? "null" : `"${crc}"`;
      const sizeMember = size === 0 ? "" : `"size":${size},`;
      addLine(`{"type":1,${nameMember(name)}${sizeMember}"payload":${payload}`);
    },
    end() {
      flushSegment();
      flushLines();
    },
  };

  function flushSegment(): void {
    if (filled === 0) return;
    const payload = segment.subarray(0, filled).toBase64();
    filled = 0;
    addLine(`{"type":2,"payload":"${payload}"`);
  }

  function addLine(line: string): void {
    lines += `${line},"position":${position++}}\n`;
    if (lines.length >= MEMBER_CHARACTERS) flushLines();
  }

  function flushLines(): void {
    sink(new Uint8Array(gzipSync(toBytes(lines), { level: 1 })));
    lines = "";
  }
}

function nameMember(name: string): string {
  if (name === "") return "";
  const text = decodeBinaryString(name);
  return text === undefined
    ? `"name_raw":"${fromBinaryString(name).toBase64()}",`
    : `"name":${JSON.stringify(text)},`;
}
