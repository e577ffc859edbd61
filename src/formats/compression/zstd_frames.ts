/** Where zstd frames begin and end: RFC 8878, 3.1. */

import { InvalidLayerError } from "../../errors/image_errors.ts";

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
 * Follows the structure of a zstd stream without decompressing it. The decompressor
 * says nothing when a stream is interrupted; this does.
 */
export class ZstdFrames {
  readonly #onFrame: (start: number) => void;
  #part: Part = "magic";
  // The bytes of a header, little-endian, and how many of them are needed.
  #value = 0;
  #have = 0;
  #need = MAGIC_BYTES;
  #skip = 0;
  #hasChecksum = false;
  #isLast = false;
  #position = 0;

  /** @param onFrame Is told where each frame starts, in bytes from the beginning. */
  constructor(onFrame: (start: number) => void = () => {}) {
    this.#onFrame = onFrame;
  }

  /** Looks at the next bytes. */
  write(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, chunk.length - at);
        this.#skip -= step;
        at += step;
        continue;
      }
      const isFrameStart = this.#part === "magic" && this.#have === 0;
      if (isFrameStart) this.#onFrame(this.#position + at);
      this.#value += (chunk[at++] ?? 0) * 2 ** (8 * this.#have++);
      if (this.#have === this.#need) this.#next();
    }
    this.#position += chunk.length;
  }

  /**
   * Says that the stream ends here.
   *
   * @throws {InvalidLayerError} If that is in the middle of a frame.
   */
  end(): void {
    const isAtBorder = this.#part === "magic" && this.#have === 0;
    if (isAtBorder && this.#skip === 0) return;
    throw new InvalidLayerError("its zstd stream is cut short", {
      verb: "decompress",
    });
  }

  #next(): void {
    const header = this.#value;
    this.#value = 0;
    this.#have = 0;
    switch (this.#part) {
      case "magic":
        return this.#onMagic(header);
      case "skippable":
        this.#skip = header;
        return this.#expect("magic", MAGIC_BYTES);
      case "descriptor":
        return this.#onDescriptor(header);
      case "block":
        return this.#onBlock(header);
      case "checksum":
        return this.#expect("magic", MAGIC_BYTES);
    }
  }

  #onMagic(magic: number): void {
    if (magic === MAGIC) return this.#expect("descriptor", 1);
    const isSkippable = magic >= SKIPPABLE_MAGIC &&
      magic <= SKIPPABLE_MAGIC + 15;
    if (isSkippable) return this.#expect("skippable", 4);
    throw new InvalidLayerError(
      `0x${magic.toString(16)} begins no zstd frame`,
      {
        verb: "decompress",
      },
    );
  }

  #onDescriptor(descriptor: number): void {
    const isSingleSegment = (descriptor & 0x20) !== 0;
    this.#hasChecksum = (descriptor & 0x04) !== 0;
    this.#skip = (isSingleSegment ? 0 : 1) +
      (DICTIONARY_BYTES[descriptor & 3] ?? 0) +
      (CONTENT_SIZE_BYTES[descriptor >> 6] ?? 0) +
      (isSingleSegment && descriptor >> 6 === 0 ? 1 : 0);
    this.#expect("block", BLOCK_HEADER_BYTES);
  }

  #onBlock(header: number): void {
    this.#isLast = (header & 1) !== 0;
    this.#skip = (header >> 1 & 3) === RLE_BLOCK ? 1 : header >> 3;
    if (!this.#isLast) return this.#expect("block", BLOCK_HEADER_BYTES);
    if (this.#hasChecksum) return this.#expect("checksum", CHECKSUM_BYTES);
    this.#expect("magic", MAGIC_BYTES);
  }

  #expect(following: Part, bytes: number): void {
    this.#part = following;
    this.#need = bytes;
  }
}
