/**
 * Starts programs with more descriptors than those of the standard streams, and
 * with no signal ignored: posix_spawn(3). Deno does the latter only by fork(2),
 * which copies a daemon's page tables: that takes longer than starting the program.
 */

import { CommandError } from "../errors/store_errors.ts";
import type { Bytes } from "../formats/bytes.ts";
import { NO_MODE, O_CLOEXEC, O_RDWR } from "./libc_files.ts";
import { type LibcSymbols, toCString } from "./libc_symbols.ts";
import {
  openSocketReader,
  openSocketWriter,
  type SocketCalls,
} from "./sockets/socket_channel.ts";
import {
  AF_UNIX,
  SOCK_CLOEXEC,
  SOCK_STREAM,
} from "./sockets/socket_constants.ts";

/** How a program is started. */
export interface SpawnOptions {
  /** Besides its name. */
  readonly args: readonly string[];
  /** The directory to run in. */
  readonly cwd: string;
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Its descriptors, from 0 on; `"none"` is /dev/null. */
  readonly descriptors: readonly ("none" | SpawnedStream)[];
}

/** What it writes, or reads: each may be several of its descriptors. */
export type SpawnedStream = "answers" | "messages" | "go";

/** A program that was started. Its streams are to be read to their end, or closed. */
export interface SpawnedProgram {
  /** The output of its descriptors of this name; */
  readonly answers: ReadableStream<Bytes>;
  /** and to these; */
  readonly messages: ReadableStream<Bytes>;
  /** and its input. Undefined if none of its descriptors has this name. */
  readonly go: WritableStream<Bytes> | undefined;
  /** Settles when it has ended. */
  readonly ended: Promise<unknown>;
}

/** What starts programs. */
export interface SpawnCalls extends SocketCalls {
  readonly libc: LibcSymbols;
}

// <spawn.h>: no signal is blocked, and none ignored.
const SPAWN_FLAGS = 0x08 | 0x04; // POSIX_SPAWN_SETSIGMASK, POSIX_SPAWN_SETSIGDEF
// More than its two structures take in glibc, of which none has more than 336.
const STRUCTURE_BYTES = 1024;
const SIGNAL_SET_BYTES = 128;
const POINTER_BYTES = 8;
// <fcntl.h>
const F_DUPFD_CLOEXEC = 1030;
// None of the descriptors that a program gets has such a number.
const FIRST_OWN = 10;

/**
 * Starts a program.
 *
 * @param program Its absolute path.
 * @throws {CommandError} If it may not be run, or cannot be.
 */
export function spawnProgram(
  calls: SpawnCalls,
  program: string,
  options: SpawnOptions,
): SpawnedProgram {
  const run = { name: "run", command: program } as const;
  if (Deno.permissions.querySync(run).state !== "granted") {
    throw notStarted(program, "orlop lacks the permission");
  }
  using own = new Descriptors(calls);
  using theirs = new Descriptors(calls);
  const hasGo = options.descriptors.includes("go");
  const pairs = {
    answers: makePair(calls, own, theirs),
    messages: makePair(calls, own, theirs),
    go: hasGo ? makePair(calls, own, theirs) : undefined,
  };
  const path = toCString("/dev/null");
  const none = theirs.add(calls.libc.open(path, O_RDWR | O_CLOEXEC, NO_MODE));
  const descriptors = options.descriptors.map((name) =>
    name === "none" ? none : pairs[name]?.theirs ?? none
  );
  const pid = spawn(calls, program, { ...options, descriptors });
  own.release();
  return {
    answers: openSocketReader(calls, pairs.answers.own),
    messages: openSocketReader(calls, pairs.messages.own),
    go: pairs.go && openSocketWriter(calls, pairs.go.own),
    ended: calls.symbols.waitpid(pid, null, 0),
  };
}

function notStarted(program: string, why: string): CommandError {
  return new CommandError(`Cannot run "${program}": ${why}`);
}

/** Descriptors that are closed when this is disposed of. */
class Descriptors implements Disposable {
  readonly #calls: SpawnCalls;
  #all: number[] = [];

  constructor(calls: SpawnCalls) {
    this.#calls = calls;
  }

  add(fd: number): number {
    if (fd < 0) {
      throw new CommandError("Cannot start a program: too many files are open");
    }
    this.#all.push(fd);
    return fd;
  }

  /** Leaves them open. */
  release(): void {
    this.#all = [];
  }

  [Symbol.dispose](): void {
    for (const fd of this.#all) this.#calls.libc.close(fd);
  }
}

/** Two ends of a socket; the program's waits for what it reads. */
function makePair(
  { symbols }: SpawnCalls,
  own: Descriptors,
  theirs: Descriptors,
): { readonly own: number; readonly theirs: number } {
  const pair = new Int32Array(2).fill(-1);
  symbols.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
  const [one = -1, other = -1] = pair;
  const end = own.add(one);
  theirs.add(other);
  const high = symbols.setDescriptorFlags(other, F_DUPFD_CLOEXEC, FIRST_OWN);
  return { own: end, theirs: theirs.add(high) };
}

interface SpawnRequest extends Omit<SpawnOptions, "descriptors"> {
  readonly descriptors: readonly number[];
}

/** @returns Its process ID. */
function spawn(
  { symbols }: SpawnCalls,
  program: string,
  { args, env, cwd, descriptors }: SpawnRequest,
): number {
  using argv = new Strings(symbols, [program, ...args]);
  using envp = new Strings(
    symbols,
    Object.entries(env).map(([name, value]) => `${name}=${value}`),
  );
  const actions = new Uint8Array(STRUCTURE_BYTES);
  const attributes = new Uint8Array(STRUCTURE_BYTES);
  const pid = new Int32Array(1);
  const path = toCString(program);
  using structures = new DisposableStack();
  symbols.posix_spawn_file_actions_init(actions);
  structures.defer(() => symbols.posix_spawn_file_actions_destroy(actions));
  symbols.posix_spawnattr_init(attributes);
  structures.defer(() => symbols.posix_spawnattr_destroy(attributes));
  const allSignals = new Uint8Array(SIGNAL_SET_BYTES).fill(0xff);
  // Of none is a mask there from the beginning.
  const failed = symbols.posix_spawnattr_setflags(attributes, SPAWN_FLAGS) ||
    symbols.posix_spawnattr_setsigdefault(attributes, allSignals) ||
    symbols.posix_spawn_file_actions_addchdir_np(actions, toCString(cwd)) ||
    descriptors.map((fd, at) =>
      symbols.posix_spawn_file_actions_adddup2(actions, fd, at)
    ).find((code) => code !== 0) ||
    symbols.posix_spawn(
      ...[pid, path, actions, attributes] as const,
      ...[argv.pointers, envp.pointers] as const,
    );
  const [started = 0] = pid;
  if (!failed && started > 0) return started;
  throw notStarted(program, `posix_spawn failed with error ${failed}`);
}

/** Texts in libc's memory, until this is disposed of. */
class Strings implements Disposable {
  readonly #symbols: SpawnCalls["symbols"];
  readonly #addresses: bigint[] = [];

  constructor(symbols: SpawnCalls["symbols"], texts: readonly string[]) {
    this.#symbols = symbols;
    const all = texts.map(toCString); // or nothing, if there is a NUL in one
    for (const text of all) this.#addresses.push(symbols.strdup(text));
  }

  /** As `argv` is: a null pointer comes last. */
  get pointers(): Uint8Array<ArrayBuffer> {
    const pointers = new BigUint64Array(this.#addresses.length + 1);
    pointers.set(this.#addresses);
    return new Uint8Array(pointers.buffer, 0, POINTER_BYTES * pointers.length);
  }

  [Symbol.dispose](): void {
    for (const address of this.#addresses) this.#symbols.free(address);
  }
}
