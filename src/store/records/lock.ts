/** Held locks of a store: containers/storage's lock files. */

import { join } from "@std/path";
import { type Abortable, sleep } from "../../errors/abort.ts";
import { StoreBusyError } from "../../errors/store_errors.ts";
import type { Bytes } from "../../formats/bytes.ts";
import { randomSuffix } from "../../fs/random_name.ts";
import { syncFile } from "../../fs/sync.ts";
import type { Libc } from "../../process/libc.ts";
import type { LockKind, LockUse } from "../../process/libc_files.ts";
import { type LockFile, openLockFile, TOKEN_BYTES } from "./lock_file.ts";
import { waitForTurn } from "./lock_queue.ts";

/** How to wait for a lock. */
export interface LockOptions extends Abortable {
  readonly libc?: Libc | undefined;
  /** How long to wait at most, in milliseconds; if omitted, for ever. */
  readonly timeoutMs?: number | undefined;
  /** Called once, when the wait becomes noticeable. */
  readonly onWait?: ((message: string) => void) | undefined;
  /** Whether a missing lock file is created; the default is yes. */
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

  /** Wraps a locked file. @param release Closes it. */
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
   * Writes a new token, so that others reload. To be called before the change.
   *
   * @param mark Data of the writer, at most 44 bytes; random bytes if omitted.
   * @param options `"sync"` writes it to the disk before this returns.
   */
  writeToken(
    mark?: Uint8Array,
    { disk = "later" }: { readonly disk?: "later" | "sync" } = {},
  ): string {
    const token = makeToken(mark);
    this.#file.writeToken(token);
    if (disk === "sync") syncFile(this.path);
    return token.toHex();
  }

  /** Releases the lock. */
  [Symbol.dispose](): void {
    this.#release();
  }
}

/**
 * Waits for a lock: first in the queue of this process, then, as its only waiter,
 * for other processes.
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
  using notice = new WaitReport(() => {
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

/** Reports after a while that something is waited for, unless it is over. */
class WaitReport implements Disposable {
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

/** Whether a lock is held for writing. The test takes the lock for a moment. */
export function isLocked(path: string, libc: Libc | undefined): boolean {
  using file = openLockFile(path, libc);
  return !file.tryLock("read");
}

/** Makes a file of a new name, and its directory if missing, and locks it. */
export function lockNewFile(directory: string, libc?: Libc): HeldLock {
  for (;;) {
    const lock = tryLock(join(directory, randomSuffix()), libc);
    if (lock !== undefined) return lock; // otherwise it was removed before it was locked
  }
}

let tokenCount = 0n;

// Clock, counter and process ID come first: 8, 8 and 4 bytes.
const MARK_OFFSET = 20;
const LITTLE_ENDIAN = true;

/** The mark in a token (hex): the part that its writer chooses. */
export function markOf(token: string): Uint8Array {
  return Uint8Array.fromHex(token).subarray(MARK_OFFSET);
}

/** Clock (ns), counter, process ID and mark make a token unique. */
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

/** @param file Undefined while another call of this process holds it. */
function describeHolder(file: LockFile | undefined): string {
  if (file === undefined) return "another call of this process";
  const holder = file.findHolder();
  return holder === undefined || holder < 0
    ? "another process"
    : `process ${holder}`;
}
