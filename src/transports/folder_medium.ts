/** Flat folders of one image as a place where images go to: `dir:PATH`. */

import { resolve } from "@std/path";
import { lstatSync, readFileSync, rmSync } from "node:fs";
import type { Abortable } from "../errors/abort.ts";
import { InvalidManifestError } from "../errors/image_errors.ts";
import { type Digest, hexOf } from "../formats/oci/digest.ts";
import type { ImageMedium } from "../formats/oci/image_medium.ts";
import { listDirectory } from "../fs/list_directory.ts";
import { writeAtomically } from "../fs/write_atomically.ts";
import { hasBlobFile, MEDIUM_FILE, putBlobFile } from "./blob_files.ts";
import { FOLDER_MANIFEST, instanceName } from "./folder_source.ts";
import { holdFolder, listLeftovers } from "./target_folder.ts";

const VERSION = "version";
const VERSION_TEXT = "Directory Transport Version: 1.1\n";
// What other versions begin with.
const VERSION_START = "Directory Transport Version: ";

/**
 * Opens a folder to write one image to. It is made, if there is none; an image
 * that is in it is replaced.
 *
 * @throws {InvalidManifestError} If something else is there.
 */
export async function openFolderMedium(
  path: string,
  { signal }: Abortable = {},
): Promise<ImageMedium> {
  const directory = resolve(path);
  await using begun = new AsyncDisposableStack();
  const place = begun.use(
    await holdFolder(directory, { use: "alone", signal }),
  );
  begun.defer(() => place.removeIfMade());
  const isNew = refuseOthers(directory) === "nothing is there";
  const pathOf = (name: string) => `${directory}/${name}`;
  const folder = {
    temporary: directory,
    pathOf: (digest: Digest) => pathOf(hexOf(digest)),
  };
  const kept = new Set<string>();
  const made: string[] = [];
  let named: Uint8Array | undefined;
  let isCommitted = false;
  // Who is killed leaves what the next copy knows to be such a folder.
  let isBegun = !isNew;
  const begin = () => {
    if (isBegun) return;
    writeAtomically(pathOf(VERSION), VERSION_TEXT, MEDIUM_FILE);
    isBegun = true;
  };
  begun.defer(() => {
    if (isCommitted) return;
    for (const name of isNew ? [...made, VERSION] : made) {
      rmSync(pathOf(name), { force: true });
    }
    for (const path of listLeftovers(directory)) rmSync(path);
  });
  const ending = begun.move();
  return {
    manifestTypes: [],
    layers: "any",
    // deno-lint-ignore require-await -- others ask a registry
    async has({ digest, size }) {
      const isThere = hasBlobFile(folder.pathOf(digest), size);
      if (isThere) kept.add(hexOf(digest));
      return isThere;
    },
    async put(blob, options) {
      begin();
      const written = await putBlobFile(folder, blob, options);
      if (!kept.has(hexOf(written.digest))) made.push(hexOf(written.digest));
      kept.add(hexOf(written.digest));
      return written;
    },
    // deno-lint-ignore require-await -- to fail by rejection
    async putManifest({ bytes, digest }, { isNamed = false, signal } = {}) {
      signal?.throwIfAborted();
      if (isNamed) {
        named = bytes;
        return;
      }
      writeAtomically(pathOf(instanceName(digest)), bytes, MEDIUM_FILE);
      made.push(instanceName(digest));
      kept.add(instanceName(digest));
    },
    // deno-lint-ignore require-await -- likewise
    async commit({ signal } = {}) {
      signal?.throwIfAborted();
      if (named === undefined) return;
      writeAtomically(pathOf(VERSION), VERSION_TEXT, MEDIUM_FILE);
      writeAtomically(pathOf(FOLDER_MANIFEST), named, MEDIUM_FILE);
      isCommitted = true;
      // Those of the image before, and its signatures.
      for (const name of listDirectory(directory)) {
        if (isPart(name) && !kept.has(name)) rmSync(pathOf(name));
      }
      for (const path of listLeftovers(directory)) rmSync(path);
    },
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  };
}

/** A blob, the manifest of an instance, or a signature. */
function isPart(name: string): boolean {
  return /^([0-9a-f]{64,128}(\.manifest\.json|-signature-\d+)?|signature-\d+)$/
    .test(name);
}

function refuseOthers(
  directory: string,
): "an image is there" | "nothing is there" {
  const count = listDirectory(directory).length;
  if (count === listLeftovers(directory).length) return "nothing is there";
  const version = readVersion(`${directory}/${VERSION}`);
  if (version.startsWith(VERSION_START)) return "an image is there";
  throw new InvalidManifestError(
    `Cannot write an image to "${directory}": something else is there, which ` +
      "is not to be overwritten",
  );
}

function readVersion(path: string): string {
  const info = lstatSync(path, { throwIfNoEntry: false });
  return info?.isFile() ? readFileSync(path, "utf8") : "";
}
