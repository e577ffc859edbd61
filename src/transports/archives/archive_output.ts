/** The output of archives: a file that appears when complete, or a pipe. */

import { basename, dirname, join, resolve } from "@std/path";
import {
  closeSync,
  fchownSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { type Abortable, unlessAborted } from "../../errors/abort.ts";
import { NoSpaceError } from "../../errors/image_errors.ts";
import { DuplicateNameError } from "../../errors/naming_errors.ts";
import { NotFoundError } from "../../errors/not_found_errors.ts";
import { whyOf } from "../../errors/why.ts";
import type { Bytes } from "../../formats/bytes.ts";
import { isErrno } from "../../fs/errno.ts";
import { randomSuffix } from "../../fs/random_name.ts";
import { syncDirectory } from "../../fs/sync.ts";

/** An archive that is being written; disposing removes it, if possible. */
export interface ArchiveOutput extends AsyncDisposable {
  /** A private directory for what cannot be written yet; made when it is asked for. */
  readonly temporary: string;
  /**
   * Writes the next bytes.
   *
   * @throws {NoSpaceError} If the disk is full.
   */
  write(bytes: Bytes): void | Promise<void>;
  /** Makes all that was written visible, and durable. */
  commit(): void | Promise<void>;
}

/** How to open an output. */
export interface OpenOutputOptions extends Abortable {
  /** What to do with an existing file: replace it at the end, or refuse. */
  readonly existing: "replace" | "refuse";
  /** For data that cannot be written to a pipe yet; disposed of with the output. */
  readonly space: TemporarySpace;
}

/** A private directory that is made when it is asked for, and removed at the end. */
export interface TemporarySpace extends AsyncDisposable {
  /** Absolute. */
  readonly path: string;
}

/**
 * Opens a file, or what is in its place. An existing file stays until the commit;
 * but data in a pipe or a device cannot be removed.
 *
 * @param name Its path; `/dev/stdout` is standard output.
 * @throws {DuplicateNameError} If there is a file that is to stay.
 * @throws {NotFoundError} If its directory does not exist.
 */
export async function openOutput(
  name: string,
  { existing, space, signal }: OpenOutputOptions,
): Promise<ArchiveOutput> {
  signal?.throwIfAborted();
  if (name === STDOUT) return openPipe(Deno.stdout.writable, { name, space });
  const found = statSync(name, { throwIfNoEntry: false });
  const cannot = `Cannot write archive "${name}"`;
  if (found?.isDirectory()) {
    throw new DuplicateNameError(`${cannot}: it is a directory`);
  }
  if (found?.isFile() === false) {
    // Opened later, as opening a pipe blocks until it has a reader.
    const open = () => waiting(name, Deno.open(name, { write: true }));
    const file = await unlessAborted(open, { signal });
    return openPipe(unbuffered(file), { name, space });
  }
  if (found !== undefined && found.size > 0 && existing === "refuse") {
    throw new DuplicateNameError(
      `${cannot}: it exists, and images cannot be added to it; remove it first`,
    );
  }
  return openFile(name, found);
}

const STDOUT = "/dev/stdout";

/** What was there gives the new file its mode and its owner. */
function openFile(name: string, found: Stats | undefined): ArchiveOutput {
  return writing(name, () => {
    const path = found === undefined ? resolve(name) : realpathSync(name);
    const temporary = join(
      dirname(path),
      `.tmp-${basename(path)}${randomSuffix()}`,
    );
    const fd = openSync(temporary, "wx", found?.mode ?? NEW_FILE_MODE);
    const output = new FileOutput(fd, { name, path, temporary });
    if (found === undefined) return output;
    try {
      fchownSync(fd, found.uid, found.gid);
      return output;
    } catch (error) {
      output.discard();
      throw error;
    }
  });
}

// Archives are for everybody, as those of other tools.
const NEW_FILE_MODE = 0o644;

/**
 * Writes each chunk at once: `file.writable` keeps small ones until it is closed,
 * and then loses them without an error if a device is full.
 */
function unbuffered(file: Deno.FsFile): WritableStream<Bytes> {
  return new WritableStream({
    async write(bytes) {
      try {
        for (let rest = bytes; rest.length > 0;) {
          rest = rest.subarray(await file.write(rest));
        }
      } catch (error) {
        file.close(); // nothing else does, after an error
        throw error;
      }
    },
    close: () => file.close(),
    abort: () => file.close(),
  });
}

function openPipe(
  pipe: WritableStream<Bytes>,
  { name, space }: {
    readonly name: string;
    readonly space: TemporarySpace;
  },
): ArchiveOutput {
  const writer = pipe.getWriter();
  writer.closed.catch(() => {}); // each write tells
  return {
    get temporary() {
      return space.path;
    },
    // A copy: it may be written when the caller has others in its buffer.
    write: (bytes) => waiting(name, writer.write(bytes.slice())),
    commit: () =>
      waiting(name, name === STDOUT ? writer.ready : writer.close()),
    async [Symbol.asyncDispose]() {
      await space[Symbol.asyncDispose]();
      if (name === STDOUT) return writer.releaseLock(); // it is not ours
      await writer.abort().catch(() => {}); // it is closed already
    },
  };
}

class FileOutput implements ArchiveOutput {
  readonly #fd: number;
  readonly #place: FilePlace;
  readonly #space: SpaceBeside;
  #isOpen = true;

  constructor(fd: number, place: FilePlace) {
    this.#fd = fd;
    this.#place = place;
    this.#space = new SpaceBeside(dirname(place.path));
  }

  get temporary(): string {
    return this.#space.path;
  }

  write(bytes: Bytes): void {
    writing(this.#place.name, () => {
      for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at);
    });
  }

  commit(): void {
    const { name, path, temporary } = this.#place;
    writing(name, () => {
      fdatasyncSync(this.#fd);
      this.#close();
      renameSync(temporary, path);
      syncDirectory(dirname(path));
    });
  }

  /** Takes all back, unless it was committed. */
  discard(): void {
    this.#close();
    this.#space.remove();
    rmSync(this.#place.temporary, { force: true });
  }

  // deno-lint-ignore require-await -- pipes have to wait
  async [Symbol.asyncDispose](): Promise<void> {
    this.discard();
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#fd);
  }
}

interface FilePlace {
  /** As the user calls it. */
  readonly name: string;
  /** Where it is in the end. */
  readonly path: string;
  /** Where it is until then. */
  readonly temporary: string;
}

/** A directory beside the archive: there is as much room as for that. */
class SpaceBeside {
  readonly #parent: string;
  #path: string | undefined;

  constructor(parent: string) {
    this.#parent = parent;
  }

  get path(): string {
    this.#path ??= mkdtempSync(join(this.#parent, ".tmp-blobs-"));
    return this.#path;
  }

  remove(): void {
    if (this.#path === undefined) return;
    rmSync(this.#path, { recursive: true, force: true });
  }
}

function writing<T>(name: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw failureOf(name, error);
  }
}

async function waiting<T>(name: string, writing: Promise<T>): Promise<T> {
  try {
    return await writing;
  } catch (error) {
    throw failureOf(name, error);
  }
}

function failureOf(name: string, cause: unknown): Error {
  const what = name === STDOUT ? "to standard output" : `"${name}"`;
  const message = `Cannot write archive ${what}: ${whyOf(cause)}`;
  if (isErrno(cause, "ENOENT", "ENOTDIR")) {
    return new NotFoundError(message, { cause });
  }
  return isErrno(cause, "ENOSPC", "EDQUOT")
    ? new NoSpaceError(message, { cause })
    : new Error(message, { cause });
}
