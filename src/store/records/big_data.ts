/** Items of a record that are stored in files beside it. */

import { join } from "@std/path";
import { type Bytes, toBytes, toText } from "../../formats/bytes.ts";
import { readBytes } from "../../fs/if_there.ts";

/** An item: its key and its content. */
export type BigDataItem = readonly [key: string, content: Uint8Array];

/**
 * The file name of an item: the key if it consists of digits, small letters and
 * dots, else `=` and the key in base64.
 *
 * @throws {TypeError} If no file can have that name.
 */
export function bigDataFileName(key: string): string {
  if (key === "") throw new TypeError(`Cannot name an item "": it is empty`);
  if (/^[0-9a-z.]+$/.test(key) && !/^\.+$/.test(key)) return key;
  const encoded = toBytes(key).toBase64();
  if (encoded.includes("/")) {
    throw new TypeError(`Cannot name an item "${key}": "/" in its base64`);
  }
  return `=${encoded}`;
}

/** The key of the item that a file holds; undefined if it holds none. */
export function bigDataKey(fileName: string): string | undefined {
  try {
    const key = fileName.startsWith("=")
      ? toText(Uint8Array.fromBase64(fileName.slice(1)))
      : fileName;
    return bigDataFileName(key) === fileName ? key : undefined;
  } catch (error) {
    const isNoKey = error instanceof SyntaxError || error instanceof TypeError;
    if (isNoKey) return undefined;
    throw error;
  }
}

/** Reads an item. */
export function readBigData(directory: string, key: string): Bytes {
  return readBytes(join(directory, bigDataFileName(key)));
}
