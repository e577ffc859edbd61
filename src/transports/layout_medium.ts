/** OCI layouts on disk as a destination of images: OCI image-layout.md. */

import { dirname, resolve } from "@std/path";
import { existsSync, lstatSync, mkdirSync, rmSync } from "node:fs";
import type { Abortable } from "../errors/abort.ts";
import { InvalidManifestError } from "../errors/image_errors.ts";
import type { Descriptor } from "../formats/oci/descriptor.ts";
import type { Digest } from "../formats/oci/digest.ts";
import type { ImageMedium } from "../formats/oci/image_medium.ts";
import { OCI_INDEX, OCI_MANIFEST } from "../formats/oci/media_types.ts";
import { listDirectory } from "../fs/list_directory.ts";
import { writeAtomically } from "../fs/write_atomically.ts";
import { hasBlobFile, MEDIUM_FILE, putBlobFile } from "./blob_files.ts";
import {
  holdFolder,
  listLeftovers,
  lockFolder,
  removeEmpty,
  type TargetFolder,
} from "./target_folder.ts";
import {
  addEntry,
  describeEntry,
  encodeIndex,
  LAYOUT_VERSION,
} from "./layout_index.ts";
import { blobPath, checkVersion, readIndex } from "./layout_source.ts";

/** As what an image goes into a layout. */
export interface LayoutMediumOptions extends Abortable {
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
  { ref, signal }: LayoutMediumOptions = {},
): Promise<ImageMedium> {
  const directory = resolve(path);
  await using begun = new AsyncDisposableStack();
  const place = begun.use(
    await holdFolder(directory, { use: "shared", signal }),
  );
  begun.defer(() => place.removeIfMade());
  await readEntries(directory); // refuses before anything is copied
  const entries: Descriptor[] = [];
  const made: string[] = [];
  const folder = {
    temporary: `${directory}/blobs/sha256`,
    pathOf: (digest: Digest) => blobPath(directory, digest),
  };
  begun.defer(() => removeIncomplete(directory, { place, made }));
  const ending = begun.move();
  return {
    manifestTypes: [OCI_MANIFEST, OCI_INDEX],
    layers: "compressed",
    // deno-lint-ignore require-await -- others ask a registry
    has: async ({ digest, size }) =>
      hasBlobFile(blobPath(directory, digest), size),
    async put(blob, options) {
      const written = await putBlobFile(folder, blob, options);
      made.push(blobPath(directory, written.digest));
      return written;
    },
    async putManifest(manifest, { isNamed = false, signal } = {}) {
      signal?.throwIfAborted();
      await Promise.resolve();
      const path = blobPath(directory, manifest.digest);
      mkdirSync(dirname(path), { recursive: true });
      writeAtomically(path, manifest.bytes, MEDIUM_FILE);
      made.push(path);
      if (isNamed) entries.push(describeEntry(manifest, ref));
    },
    async commit({ signal } = {}) {
      signal?.throwIfAborted();
      mkdirSync(`${directory}/blobs`, { recursive: true });
      using _lock = await lockFolder(`${directory}/blobs`, { signal });
      const others = await readEntries(directory); // others may write, too
      writeIndex(directory, entries.reduce(addEntry, others));
    },
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  };
}

/**
 * Removes incomplete files after a failure. Complete blobs stay, and everything
 * while other processes write, as they may rely on it.
 */
async function removeIncomplete(
  directory: string,
  { place, made }: {
    readonly place: TargetFolder;
    readonly made: readonly string[];
  },
): Promise<void> {
  if (!await place.tryAlone()) return;
  const folders = [`${directory}/blobs/sha256`, `${directory}/blobs`];
  // Through a link it would be another layout's folder, too.
  const areOwn = folders.every((path) =>
    lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? true
  );
  const leftovers = areOwn ? folders.flatMap(listLeftovers) : [];
  const isLayout = existsSync(`${directory}/oci-layout`);
  const unused = isLayout ? [] : made;
  for (const path of [...leftovers, ...listLeftovers(directory), ...unused]) {
    rmSync(path, { force: true });
  }
  if (isLayout || !areOwn) return;
  for (const path of new Set([...unused.map(dirname), ...folders])) {
    removeEmpty(path);
  }
}

/** Refuses a folder that is not a layout. */
async function readEntries(directory: string): Promise<readonly Descriptor[]> {
  if (!existsSync(`${directory}/oci-layout`)) {
    const expected = [`${directory}/blobs`, ...listLeftovers(directory)];
    const paths = listDirectory(directory).map((name) =>
      `${directory}/${name}`
    );
    if (paths.every((path) => expected.includes(path))) return [];
    throw new InvalidManifestError(
      `Cannot write a layout to "${directory}": something else is there`,
    );
  }
  const index = lstatSync(`${directory}/index.json`, { throwIfNoEntry: false });
  if (index !== undefined) return (await readIndex(directory)).manifests;
  // Its creator was killed before the index, which is written last.
  await checkVersion(directory);
  return [];
}

/** The index comes last: what it does not name is not there. */
function writeIndex(directory: string, manifests: readonly Descriptor[]): void {
  writeAtomically(`${directory}/oci-layout`, LAYOUT_VERSION, MEDIUM_FILE);
  writeAtomically(
    `${directory}/index.json`,
    encodeIndex(manifests),
    MEDIUM_FILE,
  );
}
