/** What this process has parsed: of the same bytes, the records are the same. */

import { Buffer } from "node:buffer";

/** Records by the file that they are of. They are never changed in place. */
export class RecordCache<R> {
  readonly #files = new Map<string, Known<R>>();

  /** The records of a file that holds these bytes; undefined if not known. */
  find(path: string, bytes: Uint8Array): readonly R[] | undefined {
    const known = this.#files.get(path);
    return known?.bytes.equals(bytes) === true ? known.records : undefined;
  }

  /** Remembers what was read from a file, or written to it. */
  keep(path: string, bytes: Uint8Array, records: readonly R[]): void {
    this.#files.delete(path); // the latest comes last
    const { buffer, byteOffset, byteLength } = bytes;
    this.#files.set(path, {
      bytes: Buffer.from(buffer, byteOffset, byteLength),
      records,
    });
    for (const oldest of this.#files.keys()) {
      if (this.#files.size <= MAX_FILES) break;
      this.#files.delete(oldest);
    }
  }
}

interface Known<R> {
  readonly bytes: Buffer;
  readonly records: readonly R[];
}

// A process works on one store as a rule, and a table has at most two files.
const MAX_FILES = 4;
