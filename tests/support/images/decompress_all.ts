/** Decompresses bytes that come in parts. */

import { type Bytes, concatBytes } from "../../../src/formats/bytes.ts";
import {
  type Compression,
  createDecompressor,
} from "../../../src/formats/compression/decompress.ts";

const ROOM_BYTES = 4096;

/**
 * Decompresses all.
 *
 * @param step How many bytes come at a time.
 */
export function decompressAll(
  kind: Compression,
  bytes: Bytes,
  step: number = Infinity,
): Bytes {
  const chunks: Bytes[] = [];
  const room = new Uint8Array(ROOM_BYTES);
  const decompressor = createDecompressor(kind, {
    room: () => room,
    commit: (chunk) => void chunks.push(chunk.slice()),
  });
  try {
    const stride = Math.min(step, Math.max(bytes.length, 1));
    for (let at = 0; at < bytes.length; at += stride) {
      decompressor.write(bytes.subarray(at, at + stride));
    }
    decompressor.end();
    return concatBytes(chunks);
  } finally {
    decompressor.close();
  }
}
