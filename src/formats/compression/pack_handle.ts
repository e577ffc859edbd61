/**
 * Synchronous compression by `node:zlib` into a given buffer, so that a worker
 * makes no garbage. See `zlib_handle.ts`; without such a handle, the documented API
 * is used.
 */

import type { Bytes } from "../bytes.ts";
import type { NativeHandle } from "./zlib_handle.ts";

/**
 * Compresses bytes into a room.
 *
 * @param stream A compressor of `node:zlib` that nothing was written to.
 * @param flush What to do at the end of the bytes.
 * @returns How many bytes came out; undefined if it cannot be done this way.
 */
export function packInto(
  stream: object,
  flush: number,
  { input, room }: { readonly input: Uint8Array; readonly room: Bytes },
): number | undefined {
  const native: unknown = Reflect.get(stream, "_handle");
  if (!isHandle(native)) return undefined;
  const left = new Uint32Array(2);
  let isBad = false;
  native.onerror = () => isBad = true;
  try {
    const { length } = room;
    native.writeSync(flush, input, 0, input.length, room, 0, length, left);
  } finally {
    native.close();
  }
  const [free = 0, unread = 0] = left;
  return isBad || unread > 0 || free === 0 ? undefined : room.length - free;
}

function isHandle(value: unknown): value is NativeHandle {
  return typeof value === "object" && value !== null &&
    typeof Reflect.get(value, "writeSync") === "function" &&
    typeof Reflect.get(value, "close") === "function";
}
