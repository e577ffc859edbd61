/**
 * Files of layers whose names are not UTF-8. Deno cannot open them, so GNU tar
 * copies them to names that it can open.
 */

import { join } from "@std/path";
import { closeSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import type { Abortable } from "../../errors/abort.ts";
import { DamagedFileError } from "../../errors/store_errors.ts";
import {
  fromBinaryString,
  showBinaryString,
} from "../../formats/binary_string.ts";
import type { Bytes } from "../../formats/bytes.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import type { TarEntry } from "../../formats/tar/tar_entry.ts";
import { TarScanner } from "../../formats/tar/tar_scanner.ts";
import { findProgram } from "../../process/find_program.ts";
import { runCommand } from "../../process/run_command.ts";
import { listNonUtf8Files } from "../../store/layers/tar_split.ts";
import { layerDirectory } from "../../store/paths.ts";
import type { Agent } from "../agent.ts";

/** Copies, which are removed when disposed of. */
export interface NonUtf8Files extends AsyncDisposable {
  /** Their paths, by the names in the archive; undefined if there are none. */
  readonly copies: ReadonlyMap<string, string> | undefined;
}

const CHUNK_BYTES = 256 * 1024;
const NONE: NonUtf8Files = {
  copies: undefined,
  async [Symbol.asyncDispose]() {},
};

/**
 * Copies the non-empty files of a layer that have such names.
 *
 * @throws {DamagedFileError} If one of them is not a regular file any more.
 */
export async function copyNonUtf8Files(
  { store }: Agent,
  layer: LayerRecord,
  { signal }: Abortable = {},
): Promise<NonUtf8Files> {
  const names = listNonUtf8Files(store.paths, layer);
  if (names.length === 0) return NONE;
  await using begun = new AsyncDisposableStack();
  const { path: directory } = begun.use(store.openStaging());
  const tar = join(directory, "odd.tar");
  const list = join(directory, "names");
  writeFileSync(list, listBytes(names.flatMap(pathsTo)));
  const files = join(layerDirectory(store.paths, layer.id), "diff");
  await runCommand(findProgram("tar"), [
    "--create",
    `--file=${tar}`,
    `--directory=${files}`,
    "--no-recursion",
    "--hard-dereference",
    "--null",
    "--verbatim-files-from",
    `--files-from=${list}`,
  ], { signal, okCodes: "any" }); // a file that tar could not read is found missing below
  const copied = takeApart(tar, { directory, layer });
  rmSync(tar);
  const copies = new Map(
    names.flatMap((name) => {
      const path = copied.get(clean(name));
      return path === undefined ? [] : [[name, path] as const];
    }),
  );
  const opened = begun.move();
  return { copies, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** A path and all above it: none of those may be a link. */
function pathsTo(name: string): readonly string[] {
  const parts = clean(name).split("/");
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

function clean(name: string): string {
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  return parts.includes("..") ? "" : `./${parts.join("/")}`;
}

function listBytes(paths: readonly string[]): Bytes {
  const unique = [...new Set(paths)].filter((path) => path !== "");
  return fromBinaryString(unique.map((path) => `${path}\0`).join(""));
}

/** Writes each file of an archive under a name that can be opened. */
function takeApart(
  tar: string,
  { directory, layer }: {
    readonly directory: string;
    readonly layer: LayerRecord;
  },
): ReadonlyMap<string, string> {
  const copied = new Map<string, string>();
  let fd: number | undefined;
  const scanner = new TarScanner({
    onRaw() {},
    onEntry(entry) {
      if (entry.type === "directory") return;
      refuseOthers(entry, layer);
      const path = join(directory, `${copied.size}`);
      copied.set(clean(entry.name), path);
      fd = openSync(path, "wx", 0o600);
    },
    onContent(bytes) {
      for (let at = 0; fd !== undefined && at < bytes.length;) {
        at += writeSync(fd, bytes, at);
      }
    },
    onEntryEnd() {
      if (fd !== undefined) closeSync(fd);
      fd = undefined;
    },
  });
  using file = Deno.openSync(tar);
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (let count; (count = file.readSync(buffer)) !== null;) {
    scanner.write(buffer.subarray(0, count));
  }
  scanner.end();
  return copied;
}

function refuseOthers({ type, name }: TarEntry, { id }: LayerRecord): void {
  if (type === "file") return;
  const shown = showBinaryString(name);
  throw new DamagedFileError(
    `Cannot read layer "${id}": ${shown} was changed: it is no regular file; ` +
      "pull its image again",
    { path: shown },
  );
}
