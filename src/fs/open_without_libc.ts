/** Opens files safely without libc, as Deno's own call lacks flags. */

import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { Bytes } from "../formats/bytes.ts";

/** A file that is open to be read. */
export interface OpenFile extends AsyncDisposable {
  /** Reads the next bytes. @returns The number of bytes; 0 at the end. */
  read(buffer: Bytes): Promise<number>;
}

const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Opens a regular file to read it.
 *
 * @returns Undefined if something else is there.
 */
export async function openWithoutLibc(
  path: string,
): Promise<OpenFile | undefined> {
  const file = await open(path, FLAGS);
  if ((await file.stat()).isFile()) {
    return {
      async read(buffer: Bytes) {
        const { bytesRead } = await file.read(buffer, 0, buffer.byteLength);
        return bytesRead;
      },
      [Symbol.asyncDispose]: () => file.close(),
    };
  }
  await file.close();
  return undefined;
}
