/**
 * What Deno's sockets lack: bound only for commands that need it, as each function
 * costs a start some 0.3 ms.
 */

import { type Bytes, toBytes } from "../formats/bytes.ts";
import type { LibcSymbols } from "./libc_symbols.ts";

/** The functions, as the system declares them. */
export const SOCKET_SYMBOLS = {
  // The third argument of `fcntl` in `SYMBOLS` is a pointer.
  setDescriptorFlags: {
    name: "fcntl",
    parameters: ["i32", "i32", "i32"],
    result: "i32",
  },
  getsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "buffer"],
    result: "i32",
  },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
} as const;

/** They, bound. */
export type SocketSymbols = Deno.DynamicLibrary<
  typeof SOCKET_SYMBOLS
>["symbols"];

/** Sockets as libc has them. */
export interface LibcSockets {
  /**
   * Keeps a descriptor from the programs that this process starts.
   *
   * @throws {Error} If it is none.
   */
  setCloseOnExec(fd: number): void;
  /** Who is at the other end of a Unix socket; undefined if it is none. */
  readPeer(fd: number): Peer | undefined;
  /**
   * Sends one datagram to a Unix socket, and waits for nothing.
   *
   * @param path A file; with `@` for its first character, an abstract name.
   * @returns Whether it was sent.
   */
  sendDatagram(path: string, text: string): boolean;
}

/** A process that connected. */
export interface Peer {
  /** Its number, as this process's PID namespace has it. */
  readonly pid: number;
  /** Its effective user. */
  readonly uid: number;
  /** Its effective group. */
  readonly gid: number;
}

// <fcntl.h>, <sys/socket.h>: the same on x86-64 and arm64
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
const UCRED_NUMBERS = 3;
const LITTLE_ENDIAN = true;
/** The longest path of a socket, in bytes, with the NUL behind it: unix(7). */
export const SUN_PATH_BYTES = 108;

/** Makes sockets of what is bound. */
export function openSockets(
  symbols: SocketSymbols & Pick<LibcSymbols, "close">,
): LibcSockets {
  return {
    setCloseOnExec(fd) {
      if (symbols.setDescriptorFlags(fd, F_SETFD, FD_CLOEXEC) === 0) return;
      throw new Error("Cannot keep a socket from other programs: fcntl failed");
    },
    readPeer(fd) {
      const numbers = new Int32Array(UCRED_NUMBERS);
      const size = new Uint32Array([numbers.byteLength]);
      const failed = symbols.getsockopt(
        fd,
        SOL_SOCKET,
        SO_PEERCRED,
        numbers,
        size,
      );
      const [pid, uid, gid] = numbers;
      if (failed !== 0 || pid === undefined) return undefined;
      if (uid === undefined || gid === undefined) return undefined;
      return { pid, uid, gid };
    },
    sendDatagram(path, text) {
      const type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
      const fd = symbols.socket(AF_UNIX, type, 0);
      if (fd < 0) return false;
      try {
        const address = toAddress(path);
        const size = address.byteLength;
        if (symbols.connect(fd, address, size) !== 0) return false;
        const bytes = toBytes(text);
        const length = BigInt(bytes.byteLength);
        return symbols.send(fd, bytes, length, MSG_NOSIGNAL) === length;
      } finally {
        symbols.close(fd);
      }
    },
  };
}

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
