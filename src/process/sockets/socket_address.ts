/** Addresses of sockets, as the kernel reads them. */

import { type Bytes, toBytes } from "../../formats/bytes.ts";
import { AF_INET, AF_INET6, AF_UNIX } from "./socket_constants.ts";

const LITTLE_ENDIAN = true;
/** The longest path of a socket, in bytes, with the NUL behind it: unix(7). */
export const SUN_PATH_BYTES = 108;

/**
 * A Unix socket's address, `struct sockaddr_un`.
 *
 * @param path A file; with `@` for its first character, an abstract name.
 * @throws {RangeError} If it is too long.
 * @throws {TypeError} If it has a NUL.
 */
export function toAddress(path: string): Bytes {
  if (path.includes("\0")) throw new TypeError(`Cannot use "${path}": NUL`);
  const isAbstract = path.startsWith("@");
  const name = toBytes(isAbstract ? `\0${path.slice(1)}` : `${path}\0`);
  if (name.byteLength > SUN_PATH_BYTES) {
    throw new RangeError(
      `Cannot use socket "${path}": its path is longer than ` +
        `${SUN_PATH_BYTES - 1} bytes`,
    );
  }
  const address = new Uint8Array(2 + name.byteLength);
  new DataView(address.buffer).setUint16(0, AF_UNIX, LITTLE_ENDIAN);
  address.set(name, 2);
  return address;
}

/** The address of a port of 127.0.0.1: `struct sockaddr_in`. */
export function loopback4(port: number): Bytes {
  const address = new Uint8Array(16);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_INET, LITTLE_ENDIAN);
  view.setUint16(2, port);
  view.setUint32(4, 0x7f000001);
  return address;
}

/** The address of a port of ::1: `struct sockaddr_in6`. */
export function loopback6(port: number): Bytes {
  const address = new Uint8Array(28);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_INET6, LITTLE_ENDIAN);
  view.setUint16(2, port);
  view.setUint8(23, 1);
  return address;
}

/** Its family, such as AF_INET. */
export function familyOf(address: Bytes): number {
  return new DataView(address.buffer).getUint16(0, LITTLE_ENDIAN);
}
