/** LZMA: the specification that comes with 7-Zip's SDK, "LZMA specification". */

import type { Bytes } from "../bytes.ts";
import type { LzmaWindow } from "./lzma_window.ts";

const STATES = 12;
const MAX_POSITIONS = 16;
const TREE_LENGTH_LOW = 8;
const TREE_LENGTH_HIGH = 256;
// Where each table of probabilities begins.
const IS_MATCH = 0;
const IS_REP = IS_MATCH + STATES * MAX_POSITIONS;
const IS_REP_0 = IS_REP + STATES;
const IS_REP_1 = IS_REP_0 + STATES;
const IS_REP_2 = IS_REP_1 + STATES;
const IS_REP_0_LONG = IS_REP_2 + STATES;
const DISTANCE_CLASS = IS_REP_0_LONG + STATES * MAX_POSITIONS;
const SPECIAL = DISTANCE_CLASS + 4 * 64;
const ALIGN = SPECIAL + 128;
const LENGTH = ALIGN + 16;
const LENGTH_LOW = 2;
const LENGTH_MIDDLE = LENGTH_LOW + MAX_POSITIONS * TREE_LENGTH_LOW;
const LENGTH_HIGH = LENGTH_MIDDLE + MAX_POSITIONS * TREE_LENGTH_LOW;
const REP_LENGTH = LENGTH + LENGTH_HIGH + TREE_LENGTH_HIGH;
const LITERAL = REP_LENGTH + LENGTH_HIGH + TREE_LENGTH_HIGH;
const LITERAL_SIZE = 0x300;
// LZMA2 allows no more.
const MAX_LITERAL_BITS = 4;
const MAX_PROPERTIES = 224;
const EVEN = 1024;
const TOP = 0x1000000;
const MIN_MATCH = 2;
const RANGE_BYTES = 5;

/** Decodes chunks of LZMA into a window. */
export class LzmaDecoder {
  readonly #window: LzmaWindow;
  readonly #probabilities = new Uint16Array(
    LITERAL + (LITERAL_SIZE << MAX_LITERAL_BITS),
  );
  // The range coder; in a typed array, these are no boxed numbers.
  readonly #coder = new Uint32Array(2);
  #input: Bytes = new Uint8Array(0);
  #at = 0;
  #literalContext = 0;
  #literalMask = 0;
  #positionMask = 0;
  #state = 0;
  #distances: [number, number, number, number] = [0, 0, 0, 0];

  constructor(window: LzmaWindow) {
    this.#window = window;
  }

  /**
   * Sets what a byte tells of the coding, and starts again.
   *
   * @throws {SyntaxError} If it is not allowed.
   */
  setProperties(properties: number): void {
    const context = properties % 9;
    const position = Math.trunc(properties / 9) % 5;
    if (properties > MAX_PROPERTIES || context + position > MAX_LITERAL_BITS) {
      throw new SyntaxError("its properties are malformed");
    }
    this.#literalContext = context;
    this.#literalMask = (1 << position) - 1;
    this.#positionMask = (1 << Math.trunc(properties / 45)) - 1;
    this.resetState();
  }

  /** Forgets what was learned. */
  resetState(): void {
    this.#probabilities.fill(EVEN);
    this.#state = 0;
    this.#distances = [0, 0, 0, 0];
  }

  /**
   * Decodes a whole chunk.
   *
   * @param size How many bytes come of it.
   * @throws {SyntaxError} If it is damaged.
   */
  decode(input: Bytes, size: number): void {
    this.#input = input;
    this.#at = RANGE_BYTES;
    const [zero, a = 0, b = 0, c = 0, d = 0] = input;
    if (input.length < RANGE_BYTES || zero !== 0) throw damaged();
    this.#coder[0] = 0xffffffff;
    this.#coder[1] = (a << 24) | (b << 16) | (c << 8) | d;
    const window = this.#window;
    const end = window.total + size;
    while (window.total < end) this.#decodeOne(end - window.total);
    this.#normalize();
    if (this.#at !== input.length || this.#coder[1] !== 0) throw damaged();
  }

  #decodeOne(room: number): void {
    const position = this.#window.total & this.#positionMask;
    const match = IS_MATCH + this.#state * MAX_POSITIONS + position;
    if (this.#bit(match) === 0) return this.#decodeLiteral();
    const length = this.#bit(IS_REP + this.#state) === 0
      ? this.#decodeMatch(position)
      : this.#decodeRepetition(position);
    if (length > room) throw damaged();
    this.#window.copy(this.#distances[0] + 1, length);
  }

  #decodeLiteral(): void {
    const window = this.#window;
    const previous = window.total === 0 ? 0 : window.back(1);
    const context = this.#literalContext;
    const place = ((window.total & this.#literalMask) << context) +
      (previous >> (8 - context));
    const base = LITERAL + LITERAL_SIZE * place;
    let symbol = 1;
    if (this.#state >= 7) {
      if (this.#distances[0] >= window.total) throw damaged();
      let hint = window.back(this.#distances[0] + 1);
      do {
        const expected = (hint >> 7) & 1;
        hint <<= 1;
        const bit = this.#bit(base + ((1 + expected) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (bit !== expected) break;
      } while (symbol < 0x100);
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.#bit(base + symbol);
    window.put(symbol & 0xff);
    const state = this.#state;
    this.#state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
  }

  /** @returns The length of a match at a new distance. */
  #decodeMatch(position: number): number {
    const length = this.#decodeLength(LENGTH, position);
    this.#state = this.#state < 7 ? 7 : 10;
    const group = Math.min(length - MIN_MATCH, 3);
    const distanceClass = this.#tree(DISTANCE_CLASS + 64 * group, 6);
    const [first, second, third] = this.#distances;
    this.#distances = [
      this.#decodeDistance(distanceClass),
      first,
      second,
      third,
    ];
    return length;
  }

  #decodeDistance(distanceClass: number): number {
    if (distanceClass < 4) return distanceClass;
    const bits = (distanceClass >> 1) - 1;
    const high = (2 | (distanceClass & 1)) * 2 ** bits;
    if (distanceClass < 14) {
      return high + this.#reverse(SPECIAL + high - distanceClass, bits);
    }
    let direct = 0;
    for (let n = 4; n < bits; n++) direct = direct * 2 + this.#directBit();
    return high + direct * 16 + this.#reverse(ALIGN, 4);
  }

  /** @returns The length of a match at one of the last distances. */
  #decodeRepetition(position: number): number {
    const [first, second, third, fourth] = this.#distances;
    const state = this.#state;
    if (this.#bit(IS_REP_0 + state) === 0) {
      const long = IS_REP_0_LONG + state * MAX_POSITIONS + position;
      if (this.#bit(long) === 0) {
        this.#state = state < 7 ? 9 : 11;
        return 1;
      }
    } else if (this.#bit(IS_REP_1 + state) === 0) {
      this.#distances = [second, first, third, fourth];
    } else if (this.#bit(IS_REP_2 + state) === 0) {
      this.#distances = [third, first, second, fourth];
    } else {
      this.#distances = [fourth, first, second, third];
    }
    this.#state = state < 7 ? 8 : 11;
    return this.#decodeLength(REP_LENGTH, position);
  }

  #decodeLength(base: number, position: number): number {
    const offset = TREE_LENGTH_LOW * position;
    if (this.#bit(base) === 0) {
      return MIN_MATCH + this.#tree(base + LENGTH_LOW + offset, 3);
    }
    if (this.#bit(base + 1) === 0) {
      return MIN_MATCH + 8 + this.#tree(base + LENGTH_MIDDLE + offset, 3);
    }
    return MIN_MATCH + 16 + this.#tree(base + LENGTH_HIGH, 8);
  }

  #tree(base: number, bits: number): number {
    let symbol = 1;
    for (let n = 0; n < bits; n++) {
      symbol = (symbol << 1) | this.#bit(base + symbol);
    }
    return symbol - (1 << bits);
  }

  #reverse(base: number, bits: number): number {
    let symbol = 1;
    let value = 0;
    for (let n = 0; n < bits; n++) {
      const bit = this.#bit(base + symbol);
      symbol = (symbol << 1) | bit;
      value |= bit << n;
    }
    return value;
  }

  // All time is spent here: each field is read and written but once.
  #bit(index: number): 0 | 1 {
    const coder = this.#coder;
    const probabilities = this.#probabilities;
    let range = coder[0] ?? 0;
    let code = coder[1] ?? 0;
    if (range < TOP) {
      if (this.#at >= this.#input.length) throw damaged();
      range = (range << 8) >>> 0;
      code = ((code << 8) | (this.#input[this.#at++] ?? 0)) >>> 0;
    }
    const probability = probabilities[index] ?? 0;
    const bound = (range >>> 11) * probability;
    if (code < bound) {
      coder[0] = bound;
      coder[1] = code;
      probabilities[index] = probability + ((2048 - probability) >> 5);
      return 0;
    }
    coder[0] = range - bound;
    coder[1] = code - bound;
    probabilities[index] = probability - (probability >> 5);
    return 1;
  }

  #directBit(): 0 | 1 {
    this.#normalize();
    const range = (this.#coder[0] ?? 0) >>> 1;
    const code = this.#coder[1] ?? 0;
    this.#coder[0] = range;
    if (code < range) return 0;
    this.#coder[1] = code - range;
    return 1;
  }

  #normalize(): void {
    const range = this.#coder[0] ?? 0;
    if (range >= TOP) return;
    if (this.#at >= this.#input.length) throw damaged();
    this.#coder[0] = range << 8;
    this.#coder[1] = ((this.#coder[1] ?? 0) << 8) |
      (this.#input[this.#at++] ?? 0);
  }
}

function damaged(): SyntaxError {
  return new SyntaxError("its LZMA data are damaged");
}
