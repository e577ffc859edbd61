/**
 * Socket functions that Deno lacks: bound only for commands that need them, as each
 * function costs a start some 0.3 ms.
 */

import type { Abortable } from "../errors/abort.ts";
import { toBytes } from "../formats/bytes.ts";
import { isPort } from "../formats/port.ts";
import type { LibcSymbols, SocketSymbols } from "./libc_symbols.ts";
import type { ByteChannel } from "./process_streams.ts";
import { toAddress } from "./sockets/socket_address.ts";
import {
  type Connections,
  type NamespacePort,
  openConnections,
} from "./sockets/socket_connections.ts";
import {
  AF_UNIX,
  MSG_NOSIGNAL,
  SOCK_DGRAM,
  SOCK_FLAGS,
} from "./sockets/socket_constants.ts";

/** Sockets as libc has them. */
export interface LibcSockets extends Connections {
  /**
   * Sets the close-on-exec flag of a descriptor.
   *
   * @throws {Error} If it is none.
   */
  setCloseOnExec(fd: number): void;
  /** The credentials of the peer of a Unix socket; undefined if it is none. */
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
const UCRED_NUMBERS = 3;

/** Makes sockets of what is bound. */
export function openSockets(
  libc: LibcSymbols,
  symbols: SocketSymbols,
): LibcSockets {
  return {
    ...openConnections(libc, symbols),
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
      const type = SOCK_DGRAM | SOCK_FLAGS;
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
        libc.close(fd);
      }
    },
  };
}

/**
 * Connects to a port of the loopback interface in a network namespace: over IPv4,
 * else over IPv6.
 *
 * @throws {RangeError} If there is no such port.
 * @throws {Error} If nothing listens there, the namespace cannot be entered, or
 *   libc was taken without its sockets.
 */
export async function connectInNamespace(
  libc: WithSockets | undefined,
  place: NamespacePort,
  options: Abortable = {},
): Promise<ByteChannel> {
  const { port } = place;
  if (!isPort(port)) {
    throw new RangeError(`Cannot connect to port "${port}": it is no port`);
  }
  return await socketsOf(libc).connectPort(place, options);
}

/** What of libc was bound, as far as sockets go. */
export interface WithSockets {
  /** Undefined unless they were asked for. */
  readonly sockets: LibcSockets | undefined;
}

/** @throws {Error} If libc was taken without its sockets. */
export function socketsOf(libc: WithSockets | undefined): LibcSockets {
  if (libc?.sockets !== undefined) return libc.sockets;
  throw new Error(
    "Cannot open a socket: orlop lacks the permission ffi, or did not bind " +
      "what it needs for it",
  );
}
