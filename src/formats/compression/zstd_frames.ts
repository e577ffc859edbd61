/** Where zstd frames begin and end: RFC 8878, 3.1. */

import { InvalidLayerError } from "../../errors/image_errors.ts";

/** Follows the structure of a zstd stream without decompressing it. */
export interface ZstdFrames {
  /** Looks at the next bytes. */
  write(chunk: Uint8Array): void;
  /**
   * Says that the stream ends here.
   *
   * @throws {InvalidLayerError} If that is in the middle of a frame.
   */
  end(): void;
}

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const MAGIC_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;
const RLE_BLOCK = 1;
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;

type Part = "magic" | "skippable" | "descriptor" | "block" | "checksum";

/**
 * Creates a follower. The decompressor says nothing when a stream is cut short;
 * this does.
 *
 * @param onFrame Is told where each frame starts, in bytes from the beginning.
 */
export function createZstdFrames(
  onFrame: (start: number) => void = () => {},
): ZstdFrames {
  let part: Part = "magic";
  // The bytes of a header, little-endian, and how many of them are needed.
  let value = 0;
  let have = 0;
  let need = MAGIC_BYTES;
  let skip = 0;
  let hasChecksum = false;
  let isLast = false;
  let position = 0;
  return {
    write(chunk) {
      let at = 0;
      while (at < chunk.length) {
        if (skip > 0) {
          const step = Math.min(skip, chunk.length - at);
          skip -= step;
          at += step;
          continue;
        }
        if (part === "magic" && have === 0) onFrame(position + at);
        value += (chunk[at++] ?? 0) * 2 ** (8 * have++);
        if (have === need) next();
      }
      position += chunk.length;
    },
    end() {
      if (part === "magic" && have === 0 && skip === 0) return;
      throw new InvalidLayerError(
        "Cannot decompress the layer: its zstd stream is cut short",
      );
    },
  };

  function next(): void {
    const header = value;
    value = 0;
    have = 0;
    switch (part) {
      case "magic":
        return onMagic(header);
      case "skippable":
        skip = header;
        return expect("magic", MAGIC_BYTES);
      case "descriptor":
        return onDescriptor(header);
      case "block":
        return onBlock(header);
      case "checksum":
        return expect("magic", MAGIC_BYTES);
    }
  }

  function onMagic(magic: number): void {
    if (magic === MAGIC) return expect("descriptor", 1);
    const isSkippable = magic >= SKIPPABLE_MAGIC &&
      magic <= SKIPPABLE_MAGIC + 15;
    if (isSkippable) return expect("skippable", 4);
    throw new InvalidLayerError(
      `Cannot decompress the layer: 0x${
        magic.toString(16)
      } begins no zstd frame`,
    );
  }

  function onDescriptor(descriptor: number): void {
    const isSingleSegment = (descriptor & 0x20) !== 0;
    hasChecksum = (descriptor & 0x04) !== 0;
    skip = (isSingleSegment ? 0 : 1) +
      (DICTIONARY_BYTES[descriptor & 3] ?? 0) +
      (CONTENT_SIZE_BYTES[descriptor >> 6] ?? 0) +
      (isSingleSegment && descriptor >> 6 === 0 ? 1 : 0);
    expect("block", BLOCK_HEADER_BYTES);
  }

  function onBlock(header: number): void {
    isLast = (header & 1) !== 0;
    skip = (header >> 1 & 3) === RLE_BLOCK ? 1 : header >> 3;
    if (!isLast) return expect("block", BLOCK_HEADER_BYTES);
    if (hasChecksum) return expect("checksum", CHECKSUM_BYTES);
    expect("magic", MAGIC_BYTES);
  }

  function expect(following: Part, bytes: number): void {
    part = following;
    need = bytes;
  }
}
