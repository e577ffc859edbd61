/** Writes credential files that other programs write, too. */

import { basename, dirname } from "@std/path";
import { lstatSync, readdirSync, rmSync, statSync } from "node:fs";
import { type Abortable, sleep } from "../../errors/abort.ts";
import { whyOf } from "../../errors/why.ts";
import { isErrno } from "../../fs/errno.ts";
import { type ChosenBy, readSettings } from "../../fs/read_settings.ts";
import { writeAtomically } from "../../fs/write_atomically.ts";

/** Options of {@linkcode editAuthFile}. */
export interface EditAuthFileOptions extends Abortable {
  /** Who chose the file; one that orlop found must be nobody else's. */
  readonly chosenBy: ChosenBy;
}

/**
 * Changes a text. It is called again with the text before the change, to verify
 * that the change has lasted, and to respect changes of other programs.
 */
export type EditText = (text: string, before?: string) => string;

// podman usually writes its file faster than this after reading it.
const SETTLE_MS = 50;
const BUSY_SETTLE_MS = 300;
// Longer than any program takes to write some KiB.
const WRITING_MS = 2000;
// Older temporary files are abandoned, and contain secrets.
const LEFTOVER_MS = 10 * 60 * 1000;
const LOCK_MS = 5000;
const POLL_MS = 10;
const MAX_TRIES = 20;
const OWN_WRITERS = 1;

/**
 * Changes a credential file: 0600, born whole, in a folder that is made (0700)
 * if it is missing. A symbolic link is replaced, as podman does.
 *
 * podman and docker take no lock: they read the file, and put another in its
 * place. So it is not replaced while they write, nor if it has changed since it
 * was read; and when they have put theirs over ours, it is changed once more.
 *
 * @param edit Returns the new text; the same text if nothing is to be changed.
 */
export async function editAuthFile(
  path: string,
  edit: EditText,
  options: EditAuthFileOptions,
): Promise<void> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
    removeLeftovers(path);
    let before: string | undefined;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      // Who has just written may be one of several.
      const isBusy = ageOf(path) < WRITING_MS;
      const editOnce = (text: string) => edit(text, before);
      const { outcome, text } = await editLocked(path, editOnce, options);
      if (outcome === "nothing to change") return;
      if (outcome === "changed meanwhile") continue;
      before = text;
      await sleep(isBusy ? BUSY_SETTLE_MS : SETTLE_MS, options);
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof Error && /^Cannot /.test(error.message)) throw error;
    throw new Error(`Cannot write "${path}": ${whyOf(error)}`, {
      cause: error,
    });
  }
  throw new Error(
    `Cannot write "${path}": other programs write it all the time`,
  );
}

interface Edited {
  readonly outcome: "nothing to change" | "changed meanwhile" | "written";
  /** What was there. */
  readonly text: string;
}

async function editLocked(
  path: string,
  edit: (text: string) => string,
  options: EditAuthFileOptions,
): Promise<Edited> {
  using _lock = await lockFolder(dirname(path), options);
  await waitForWriters(path, options);
  const identity = identityOf(path);
  const text = await readOrEmpty(path, options);
  const changed = edit(text);
  if (changed === text) return { outcome: "nothing to change", text };
  const isReplaced = writeAtomically(path, changed, {
    // Immediately before the rename, and in this order: a file that gets its name
    // between the two has changed the identity.
    onlyIf: () =>
      listWriters(path).length <= OWN_WRITERS && identityOf(path) === identity,
  });
  return { outcome: isReplaced ? "written" : "changed meanwhile", text };
}

/** A process that holds the lock for long does not block the write. */
async function lockFolder(
  folder: string,
  options: Abortable,
): Promise<Disposable> {
  const file = await Deno.open(folder);
  const isExclusive = true;
  const deadline = performance.now() + LOCK_MS;
  try {
    while (!await file.tryLock(isExclusive) && performance.now() < deadline) {
      await sleep(POLL_MS, options);
    }
    return file;
  } catch (error) {
    // Without locks, the check before the rename still protects.
    if (isErrno(error, "ENOLCK", "ENOTSUP", "EOPNOTSUPP")) return file;
    file.close();
    throw error;
  }
}

async function readOrEmpty(
  path: string,
  { chosenBy }: EditAuthFileOptions,
): Promise<string> {
  try {
    const { isFile } = await Deno.stat(path);
    // Also /dev/null, which a rename would replace.
    if (!isFile) throw new TypeError("it is no regular file");
    return await readSettings(path, chosenBy);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "";
    throw error;
  }
}

async function waitForWriters(path: string, options: Abortable): Promise<void> {
  const deadline = performance.now() + WRITING_MS;
  while (listWriters(path).length > 0 && performance.now() < deadline) {
    await sleep(POLL_MS, options);
  }
}

function listWriters(path: string): readonly string[] {
  return listTemporary(path).filter((name) => ageOf(name) < WRITING_MS);
}

function removeLeftovers(path: string): void {
  for (const name of listTemporary(path)) {
    const age = ageOf(name);
    if (age > LEFTOVER_MS && age < Infinity) rmSync(name, { force: true });
  }
}

/** What containers/storage, and orlop, call a file until it is in its place. */
function listTemporary(path: string): readonly string[] {
  const folder = dirname(path);
  const prefix = `.tmp-${basename(path)}`;
  return readdirSync(folder)
    .filter((name) => /^\d+$/.test(name.slice(prefix.length)))
    .filter((name) => name.startsWith(prefix))
    .map((name) => `${folder}/${name}`);
}

/** In milliseconds; of a file that is gone, for ever. */
function ageOf(path: string): number {
  try {
    return Date.now() - lstatSync(path).mtimeMs;
  } catch {
    return Infinity;
  }
}

/** Changes with each other file that is put there, and with each write. */
function identityOf(path: string): string {
  const facts = [lstatSync, statSync].map((look) => {
    const found = look(path, { bigint: true, throwIfNoEntry: false });
    return [found?.dev, found?.ino, found?.mtimeNs, found?.size].join();
  });
  return facts.join();
}
