/** OCI layouts on disk as a place where images go to: OCI image-layout.md. */

import { dirname, resolve } from "@std/path";
import { existsSync, lstatSync, mkdirSync, rmSync } from "node:fs";
import { InvalidManifestError } from "../errors/image_errors.ts";
import type { Descriptor } from "../formats/oci/descriptor.ts";
import type { Digest } from "../formats/oci/digest.ts";
import type { ImageMedium } from "../formats/oci/image_medium.ts";
import { OCI_INDEX, OCI_MANIFEST } from "../formats/oci/media_types.ts";
import { listDirectory } from "../fs/list_directory.ts";
import { writeAtomically } from "../fs/write_atomically.ts";
import { MEDIUM_FILE, putBlobFile } from "./blob_files.ts";
import { isNewFolder } from "./target_folder.ts";
import {
  addEntry,
  describeEntry,
  encodeIndex,
  LAYOUT_VERSION,
} from "./layout_index.ts";
import { blobPath, checkVersion, readIndex } from "./layout_source.ts";

/** As what an image goes into a layout. */
export interface LayoutMediumOptions {
  /**
   * Its name there: it is taken from another image that has it.
   *
   * @default {none}
   */
  readonly ref?: string | undefined;
}

/**
 * Opens a layout to write an image to. It is made, if there is none; other images
 * in it stay.
 *
 * @param path The folder that holds `oci-layout` and `index.json`, or will.
 * @throws {InvalidManifestError} If something else is there.
 * @example
 * ```ts
 * import {
 *   copyImage,
 *   type ImageSource,
 *   openLayoutMedium,
 *   openMediumSink,
 * } from "orlop";
 * async function keep(source: ImageSource): Promise<string> {
 *   await using medium = await openLayoutMedium("/srv/app", { ref: "1" });
 *   const { digest } = await copyImage(source, openMediumSink(medium));
 *   await medium.commit();
 *   return digest;
 * }
 * ```
 */
export async function openLayoutMedium(
  path: string,
  { ref }: LayoutMediumOptions = {},
): Promise<ImageMedium> {
  const directory = resolve(path);
  const isNew = isNewFolder(directory);
  await readEntries(directory); // refuses before anything is copied
  const folder = {
    temporary: `${directory}/blobs/sha256`,
    pathOf: (digest: Digest) => blobPath(directory, digest),
  };
  const entries: Descriptor[] = [];
  let isCommitted = false;
  return {
    manifestTypes: [OCI_MANIFEST, OCI_INDEX],
    layers: "compressed",
    // deno-lint-ignore require-await -- others ask a registry
    has: async ({ digest, size }) => isFile(blobPath(directory, digest), size),
    put: (blob, options) => putBlobFile(folder, blob, options),
    async putManifest(manifest, { isNamed = false, signal } = {}) {
      signal?.throwIfAborted();
      await Promise.resolve();
      const path = blobPath(directory, manifest.digest);
      mkdirSync(dirname(path), { recursive: true });
      writeAtomically(path, manifest.bytes, MEDIUM_FILE);
      if (isNamed) entries.push(describeEntry(manifest, ref));
    },
    async commit({ signal } = {}) {
      signal?.throwIfAborted();
      const others = await readEntries(directory); // others may write, too
      writeIndex(directory, entries.reduce(addEntry, others));
      isCommitted = true;
    },
    // deno-lint-ignore require-await -- others have to wait
    async [Symbol.asyncDispose]() {
      // Of a layout that was there, whole blobs stay: others may use them by now.
      if (!isNew || isCommitted) return;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** What is no layout is nobody's to write to. */
async function readEntries(directory: string): Promise<readonly Descriptor[]> {
  if (!existsSync(`${directory}/oci-layout`)) {
    if (listDirectory(directory).every((name) => name === "blobs")) return [];
    throw new InvalidManifestError(
      `Cannot write a layout to "${directory}": something else is there`,
    );
  }
  await checkVersion(directory);
  return (await readIndex(directory)).manifests;
}

/** No link: what it leads to may be anybody's. */
function isFile(path: string, size: number): boolean {
  const info = lstatSync(path, { throwIfNoEntry: false });
  return info?.isFile() === true && info.size === size;
}

/** The index comes last: what it does not name is not there. */
function writeIndex(directory: string, manifests: readonly Descriptor[]): void {
  writeAtomically(
    `${directory}/index.json`,
    encodeIndex(manifests),
    MEDIUM_FILE,
  );
  writeAtomically(`${directory}/oci-layout`, LAYOUT_VERSION, MEDIUM_FILE);
}
