/**
 * LZMA2, the compression inside of xz: the LZMA specification of 7-Zip for the
 * coded chunks, and the xz file format's section 5.3.1 for what is around them.
 */

import type { Bytes } from "./bytes.ts";
import type { FeedReader } from "./byte_feed.ts";
import { LzmaDecoder } from "./lzma.ts";
import { LzmaWindow } from "./lzma_window.ts";

const END = 0x00;
const PLAIN_WITH_RESET = 0x01;
const PLAIN = 0x02;
const CODED = 0x80;
const HEADER_BYTES = { plain: 2, coded: 4 };

/** Where chunks come from. */
export interface ChunkFeed {
  /** @throws {RangeError} If there are no more. */
  take(count: number): FeedReader<Bytes>;
}

/**
 * Decodes a sequence of chunks up to its end.
 *
 * @param dictionaryBytes How far back it may refer.
 * @param emit Gets what comes out; bytes are valid until it returns.
 * @throws {RangeError} If it is cut short.
 * @throws {SyntaxError} If it is damaged.
 */
export function* decodeLzma2(
  feed: ChunkFeed,
  dictionaryBytes: number,
  emit: (bytes: Bytes) => void,
): FeedReader {
  const window = new LzmaWindow(dictionaryBytes, emit);
  const decoder = new LzmaDecoder(window);
  // The first chunk must reset all; others may go on from what is there.
  let needsDictionary = true;
  let needsProperties = true;
  for (;;) {
    const [control = END] = yield* feed.take(1);
    if (control === END) break;
    const reset = control < CODED ? 0 : (control >> 5) & 3;
    if (control === PLAIN_WITH_RESET || reset === 3) {
      needsDictionary = false;
      window.reset();
    } else if (needsDictionary) {
      throw new SyntaxError("it begins without a new dictionary");
    }
    if (control < CODED) {
      if (control > PLAIN) throw new SyntaxError("a chunk's kind is unknown");
      const [high = 0, low = 0] = yield* feed.take(HEADER_BYTES.plain);
      window.append(yield* feed.take((high << 8) + low + 1));
      window.flush();
      continue;
    }
    const [a = 0, b = 0, c = 0, d = 0] = yield* feed.take(HEADER_BYTES.coded);
    const size = ((control & 0x1f) << 16) + (a << 8) + b + 1;
    if (reset >= 2) {
      const [properties = 0] = yield* feed.take(1);
      decoder.setProperties(properties);
      needsProperties = false;
    } else if (needsProperties) {
      throw new SyntaxError("it begins without properties");
    } else if (reset === 1) {
      decoder.resetState();
    }
    decoder.decode(yield* feed.take((c << 8) + d + 1), size);
    window.flush();
  }
}
