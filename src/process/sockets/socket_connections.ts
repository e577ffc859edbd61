/** Connections to processes in containers, of kinds that Deno lacks. */

import { type Abortable, unlessAborted } from "../../errors/abort.ts";
import {
  NO_MODE,
  O_CLOEXEC,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  openFifo,
  openGranted,
} from "../libc_files.ts";
import {
  type LibcSymbols,
  type SocketSymbols,
  toCString,
} from "../libc_symbols.ts";
import {
  type SpawnedProgram,
  type SpawnOptions,
  spawnProgram,
} from "../libc_spawn.ts";
import type { ByteChannel } from "../process_streams.ts";
import { familyOf, loopback4, loopback6, toAddress } from "./socket_address.ts";
import { openSocketChannel, type SocketCalls } from "./socket_channel.ts";
import {
  AF_UNIX,
  SOCK_FLAGS,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from "./socket_constants.ts";
import { POLLED_END, POLLOUT, SocketPoller } from "./socket_poller.ts";

/** Opens connections to processes in containers. */
export interface Connections {
  /**
   * Connects to a socket of packets (`SOCK_SEQPACKET`, unix(7)), however long the
   * name of its folder is.
   *
   * @throws {Error} If there is no listener, or orlop may not write there.
   */
  connectPacket(
    folder: string,
    options: { readonly name: string; readonly maxPacket: number },
  ): ByteChannel;
  /**
   * Connects to a port: see `connectInNamespace()`.
   *
   * @throws {Error} If nothing listens there, or the namespace cannot be entered.
   */
  connectPort(place: NamespacePort, options?: Abortable): Promise<ByteChannel>;
  /**
   * Writes to a FIFO that has a reader, without blocking.
   *
   * @returns Whether all was written.
   */
  writeFifo(path: string, bytes: Uint8Array<ArrayBuffer>): boolean;
  /**
   * Starts a program, whose streams are sockets: see `spawnProgram()`.
   *
   * @throws {CommandError} If it may not be run, or cannot be.
   */
  spawn(program: string, options: SpawnOptions): SpawnedProgram;
}

/** A port on the loopback interface of a network namespace. */
export interface NamespacePort {
  /** The namespace's file; undefined for this process's own. */
  readonly netns: string | undefined;
  /** From 1 to 65535. */
  readonly port: number;
}

const CLONE_NEWNET = 0x40000000; // <sched.h>
const OWN_NAMESPACE = "/proc/thread-self/ns/net";
const TCP_PACKET_BYTES = 64 * 1024;

/** Binds what talks with processes in containers. */
export function openConnections(
  libc: LibcSymbols,
  symbols: SocketSymbols,
): Connections {
  const poller = new SocketPoller(symbols, libc);
  const all: AllCalls = { libc, symbols, poller };
  return {
    connectPacket: (folder, { name, maxPacket }) => {
      const fd = connectUnix(all, folder, name);
      return openSocketChannel(all, fd, { maxPacket });
    },
    connectPort: (place, options = {}) => connectPort(all, place, options),
    writeFifo: (path, bytes) => writeFifo(all, path, bytes),
    spawn: (program, options) => spawnProgram(all, program, options),
  };
}

interface AllCalls extends SocketCalls {
  readonly libc: LibcSymbols;
}

/** Through the folder's descriptor, as the path may be too long. */
function connectUnix(
  { libc, symbols }: AllCalls,
  folder: string,
  name: string,
): number {
  const flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  const parent = openGranted(libc, folder, { permission: "write", flags });
  if (parent < 0) throw notConnected(folder, name);
  const type = SOCK_SEQPACKET | SOCK_FLAGS;
  const fd = symbols.socket(AF_UNIX, type, 0);
  try {
    const address = toAddress(`/proc/self/fd/${parent}/${name}`);
    if (fd >= 0 && symbols.connect(fd, address, address.length) === 0) {
      return fd;
    }
  } finally {
    libc.close(parent);
  }
  if (fd >= 0) libc.close(fd);
  throw notConnected(folder, name);
}

function notConnected(folder: string, name: string): Error {
  return new Error(
    `Cannot connect to "${folder}/${name}": nobody listens there`,
  );
}

async function connectPort(
  calls: AllCalls,
  { netns, port }: NamespacePort,
  { signal }: Abortable,
): Promise<ByteChannel> {
  for (const address of [loopback4(port), loopback6(port)]) {
    const fd = openSocketIn(calls, netns, familyOf(address));
    if (await connectTcp(calls, fd, address, { signal })) {
      return openSocketChannel(calls, fd, { maxPacket: TCP_PACKET_BYTES });
    }
  }
  const where = netns === undefined ? "" : ` in "${netns}"`;
  throw new Error(`Cannot connect to port ${port}${where}: nothing listens`);
}

/**
 * Opens a socket in a network namespace. This thread enters the namespace only for
 * that, synchronously.
 */
function openSocketIn(
  { libc, symbols }: AllCalls,
  netns: string | undefined,
  family: number,
): number {
  const type = SOCK_STREAM | SOCK_FLAGS;
  if (netns === undefined) return symbols.socket(family, type, 0);
  const flags = O_RDONLY | O_CLOEXEC;
  const own = libc.open(toCString(OWN_NAMESPACE), flags, NO_MODE);
  const other = libc.open(toCString(netns), flags | O_NONBLOCK, NO_MODE);
  try {
    const isEntered = own >= 0 && other >= 0 &&
      symbols.setns(other, CLONE_NEWNET) === 0;
    if (!isEntered) {
      throw new Error(`Cannot enter "${netns}": it is no network namespace`);
    }
    const fd = symbols.socket(family, type, 0);
    // The thread could not return: later calls would use the wrong network.
    if (symbols.setns(own, CLONE_NEWNET) !== 0) Deno.exit(1);
    return fd;
  } finally {
    for (const fd of [own, other]) if (fd >= 0) libc.close(fd);
  }
}

/** Closes the socket if it cannot be connected. */
async function connectTcp(
  { symbols, poller }: AllCalls,
  fd: number,
  address: Uint8Array<ArrayBuffer>,
  { signal }: Abortable,
): Promise<boolean> {
  if (fd < 0) return false; // there may be no IPv6
  try {
    if (symbols.connect(fd, address, address.length) === 0) return true;
    const found = await unlessAborted(() => poller.wait(fd, POLLOUT), {
      signal,
    });
    if ((found & POLLED_END) === 0) return true;
  } catch (error) {
    poller.close(fd);
    throw error;
  }
  poller.close(fd);
  return false;
}

function writeFifo(
  { libc, symbols }: AllCalls,
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
): boolean {
  const fd = openFifo(libc, path);
  if (fd < 0) return false;
  try {
    const size = BigInt(bytes.length);
    return symbols.write(fd, bytes, size) === size;
  } finally {
    libc.close(fd);
  }
}
