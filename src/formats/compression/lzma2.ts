/**
 * LZMA2, the compression inside of xz: the LZMA specification of 7-Zip for the
 * coded chunks, and the xz file format's section 5.3.1 for what is around them.
 */

import type { Bytes } from "../bytes.ts";
import type { FeedReader } from "./byte_feed.ts";
import { LzmaDecoder } from "./lzma.ts";
import { LzmaWindow } from "./lzma_window.ts";

const END = 0x00;
const PLAIN_WITH_RESET = 0x01;
const PLAIN = 0x02;
const CODED = 0x80;
const PLAIN_HEADER_BYTES = 2;
const CODED_HEADER_BYTES = 4;
// What a coded chunk forgets; each more than the one before.
const NO_RESET = 0;
const RESET_STATE = 1;
const RESET_PROPERTIES = 2;
const RESET_ALL = 3;

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
 * @throws {RangeError} If it is interrupted.
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
    if (control === END) return;
    const reset = control < CODED ? NO_RESET : (control >> 5) & 3;
    if (control === PLAIN_WITH_RESET || reset === RESET_ALL) {
      needsDictionary = false;
      window.reset();
    }
    if (reset >= RESET_PROPERTIES) needsProperties = false;
    if (needsDictionary || control >= CODED && needsProperties) {
      throw new SyntaxError("it starts in the middle of a stream");
    }
    if (control >= CODED) yield* decodeCoded(feed, decoder, { control, reset });
    else yield* copyPlain(feed, window, control);
    window.flush();
  }
}

function* copyPlain(
  feed: ChunkFeed,
  window: LzmaWindow,
  control: number,
): FeedReader {
  if (control > PLAIN) throw new SyntaxError("a chunk's kind is unknown");
  const [high = 0, low = 0] = yield* feed.take(PLAIN_HEADER_BYTES);
  window.append(yield* feed.take((high << 8) + low + 1));
}

function* decodeCoded(
  feed: ChunkFeed,
  decoder: LzmaDecoder,
  { control, reset }: { readonly control: number; readonly reset: number },
): FeedReader {
  const [a = 0, b = 0, c = 0, d = 0] = yield* feed.take(CODED_HEADER_BYTES);
  const size = ((control & 0x1f) << 16) + (a << 8) + b + 1;
  if (reset >= RESET_PROPERTIES) {
    const [properties = 0] = yield* feed.take(1);
    decoder.setProperties(properties);
  } else if (reset === RESET_STATE) {
    decoder.resetState();
  }
  decoder.decode(yield* feed.take((c << 8) + d + 1), size);
}
