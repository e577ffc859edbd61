/** Locks of a store, held: containers/storage's lock files. */

import { join } from "@std/path";
import { type Abortable, sleep } from "../../errors/abort.ts";
import { StoreBusyError } from "../../errors/store_errors.ts";
import type { Bytes } from "../../formats/bytes.ts";
import { randomSuffix } from "../../fs/random_name.ts";
import type { Libc } from "../../process/libc.ts";
import type { LockKind, LockUse } from "../../process/libc_files.ts";
import { type LockFile, openLockFile, TOKEN_BYTES } from "./lock_file.ts";
import { waitForTurn } from "./lock_queue.ts";

/** How to wait for a lock. */
export interface LockOptions extends Abortable {
  readonly libc?: Libc | undefined;
  /** How long to wait at most, in milliseconds; left out, for ever. */
  readonly timeoutMs?: number | undefined;
  /** Told once, when the wait begins to be noticed. */
  readonly onWait?: ((message: string) => void) | undefined;
  /** Whether a missing lock file is made; it is, if left out. */
  readonly use?: LockUse | undefined;
}

// The library itself tries again after 10 ms.
const MIN_RETRY_MS = 1;
const MAX_RETRY_MS = 4;
const NOTICE_AFTER_MS = 3_000;

/**
 * A lock that is held until it is disposed of.
 */
export class HeldLock implements Disposable {
  /** The lock file. */
  readonly path: string;
  /** Whether others may read meanwhile. */
  readonly kind: LockKind;
  readonly #file: LockFile;
  readonly #release: () => void;

  /** Takes over a file that is locked. @param release Closes it. */
  constructor(
    path: string,
    kind: LockKind,
    file: LockFile,
    release: () => void = () => file[Symbol.dispose](),
  ) {
    this.path = path;
    this.kind = kind;
    this.#file = file;
    this.#release = release;
  }

  /** Reads the last writer's token, as text to compare. */
  readToken(): string {
    return this.#file.readToken().toHex();
  }

  /**
   * Writes a new token: others reload. To be done before the change.
   *
   * @param mark What its writer has to say: at most 44 bytes, else random ones.
   */
  writeToken(mark?: Uint8Array): string {
    const token = makeToken(mark);
    this.#file.writeToken(token);
    return token.toHex();
  }

  /** Releases the lock. */
  [Symbol.dispose](): void {
    this.#release();
  }
}

/**
 * Waits for a lock: first for those in this process who came before, then, as the
 * only one of this process, for others.
 *
 * @param path The lock file.
 * @throws {StoreBusyError} If it takes longer than `timeoutMs`.
 */
export async function acquireLock(
  path: string,
  kind: LockKind,
  options: LockOptions = {},
): Promise<HeldLock> {
  const { signal, timeoutMs = Infinity, libc, onWait, use } = options;
  signal?.throwIfAborted();
  const endMs = performance.now() + timeoutMs;
  let file: LockFile | undefined = undefined;
  using notice = new Notice(() => {
    onWait?.(`Waiting for "${path}": ${describeHolder(file)} holds it`);
  });
  const turn = await waitForTurn(path, kind, {
    signal,
    timeoutMs,
    onWait: () => notice.start(),
  });
  if (turn === undefined) throw busy(path, file);
  using got = new DisposableStack();
  got.use(turn);
  file = got.use(openLockFile(path, libc, use));
  for (
    let waitMs = MIN_RETRY_MS;;
    waitMs = Math.min(2 * waitMs, MAX_RETRY_MS)
  ) {
    signal?.throwIfAborted();
    if (file.tryLock(kind)) break;
    if (performance.now() >= endMs) throw busy(path, file);
    notice.start();
    await sleep(waitMs, { signal });
  }
  turn.take();
  const stack = got.move();
  return new HeldLock(path, kind, file, () => stack.dispose());
}

/** Tells after a while that something is waited for, unless it is over. */
class Notice implements Disposable {
  readonly #tell: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: () => void) {
    this.#tell = tell;
  }

  start(): void {
    this.#timer ??= setTimeout(this.#tell, NOTICE_AFTER_MS);
  }

  [Symbol.dispose](): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
  }
}

function busy(path: string, file: LockFile | undefined): StoreBusyError {
  return new StoreBusyError(
    `Cannot lock "${path}": ${describeHolder(file)} holds it`,
  );
}

/** Takes a write lock if it is free, and if its file was not removed since. */
export function tryLock(
  path: string,
  libc: Libc | undefined,
): HeldLock | undefined {
  using opened = new DisposableStack();
  const file = opened.use(openLockFile(path, libc));
  if (!file.tryLock("write") || !file.isLinked()) return undefined;
  opened.move(); // to the lock
  return new HeldLock(path, "write", file);
}

/** Whether a lock is held for writing; looking disturbs nobody for long. */
export function isLocked(path: string, libc: Libc | undefined): boolean {
  using file = openLockFile(path, libc);
  return !file.tryLock("read");
}

/** Makes a file of a new name, and its directory if missing, and locks it. */
export function lockNewFile(directory: string, libc?: Libc): HeldLock {
  for (;;) {
    const lock = tryLock(join(directory, randomSuffix()), libc);
    if (lock !== undefined) return lock; // else swept before it was locked
  }
}

let tokenCount = 0n;

// Clock, counter and process come first, of 8, 8 and 4 bytes.
const MARK_OFFSET = 20;
const LITTLE_ENDIAN = true;

/** The part of a token (in hex) that is its writer's own. */
export function markOf(token: string): Uint8Array {
  return Uint8Array.fromHex(token).subarray(MARK_OFFSET);
}

/** Clock (ns), counter, process, mark: what makes a token unlike others. */
function makeToken(mark?: Uint8Array): Bytes {
  const token = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
  const view = new DataView(token.buffer);
  tokenCount += 1n;
  view.setBigUint64(0, BigInt(Date.now()) * 1_000_000n, LITTLE_ENDIAN);
  view.setBigUint64(8, tokenCount, LITTLE_ENDIAN);
  view.setUint32(16, Deno.pid, LITTLE_ENDIAN);
  if (mark !== undefined) token.set(mark, MARK_OFFSET);
  return token;
}

/** @param file Undefined while it is somebody's in this process. */
function describeHolder(file: LockFile | undefined): string {
  if (file === undefined) return "another call of this process";
  const holder = file.findHolder();
  return holder === undefined || holder < 0
    ? "another process"
    : `process ${holder}`;
}
