/**
 * The children of a directory of a layer, in little memory: there may be a million.
 */

import { deflateRawSync, inflateRawSync } from "node:zlib";
import { fromBinaryString, toBinaryString } from "../formats/binary_string.ts";
import type { Bytes } from "../formats/bytes.ts";

// Names are binary strings without it.
const SEPARATOR = "/";
const RADIX = 36;
// Fewer take little room as they are.
const MIN_PACKED = 64;

/**
 * A map of nodes by name. Plain files, which are strings, can be packed into one
 * text until they are accessed.
 */
export class LayerChildren<Plain extends string, Other extends object> {
  readonly #others = new Map<string, Other>();
  #plain = new Map<string, Plain>();
  /**
   * `name/value/name/value`, where a value is the number of one of those below; a
   * compressed binary string.
   */
  #packed: Bytes | undefined;
  #values: readonly Plain[] = [];
  /** How many there were when they were unpacked last. */
  #unpacked = 0;

  /** Finds a node by its name. */
  get(name: string): Other | Plain | undefined {
    return this.#others.get(name) ?? this.#unpack().get(name);
  }

  /** Whether there is a node of that name. */
  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Adds a node, or replaces that of the name. */
  set(name: string, node: Other | Plain): void {
    const plain = this.#unpack();
    if (typeof node === "string") {
      this.#others.delete(name);
      plain.set(name, node);
    } else {
      plain.delete(name);
      this.#others.set(name, node);
    }
  }

  /** Drops a node; it may be missing. */
  delete(name: string): void {
    this.#others.delete(name);
    this.#unpack().delete(name);
  }

  /** Lists all; what is packed stays so. */
  *entries(): Generator<readonly [string, Other | Plain]> {
    yield* this.#others;
    yield* this.#plain;
    yield* this.#readPacked();
  }

  /**
   * Packs the nodes, unless only a few were added since the last unpack: so the
   * amortized cost is proportional to the added nodes.
   *
   * @returns Whether it did.
   */
  pack(): boolean {
    const added = this.#plain.size - this.#unpacked;
    if (added < Math.max(MIN_PACKED, this.#unpacked)) return false;
    const numbers = new Map<Plain, string>();
    const parts: string[] = [];
    for (const [name, node] of this.#plain) {
      const number = numbers.get(node) ?? numbers.size.toString(RADIX);
      numbers.set(node, number);
      parts.push(name, number);
    }
    const text = fromBinaryString(parts.join(SEPARATOR));
    this.#packed = new Uint8Array(deflateRawSync(text, { level: 1 }));
    this.#values = [...numbers.keys()];
    this.#plain = new Map();
    return true;
  }

  #unpack(): Map<string, Plain> {
    if (this.#packed === undefined) return this.#plain;
    for (const [name, node] of this.#readPacked()) this.#plain.set(name, node);
    this.#packed = undefined;
    this.#values = [];
    this.#unpacked = this.#plain.size;
    return this.#plain;
  }

  *#readPacked(): Generator<readonly [string, Plain]> {
    if (this.#packed === undefined) return;
    const text = toBinaryString(inflateRawSync(this.#packed));
    for (let at = 0; at < text.length;) {
      const middle = text.indexOf(SEPARATOR, at);
      const next = text.indexOf(SEPARATOR, middle + 1);
      const end = next < 0 ? text.length : next;
      const node = this.#values[parseInt(text.slice(middle + 1, end), RADIX)];
      if (node !== undefined) yield [text.slice(at, middle), node];
      at = end + 1;
    }
  }
}
