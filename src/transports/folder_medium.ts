/** Flat folders of one image as a destination: `dir:PATH`. */

import { resolve } from "@std/path";
import { lstatSync, readFileSync, rmSync } from "node:fs";
import type { Abortable } from "../errors/abort.ts";
import { InvalidManifestError } from "../errors/image_errors.ts";
import type { RawManifest } from "../formats/oci/blob_source.ts";
import type { Descriptor } from "../formats/oci/descriptor.ts";
import { hexOf } from "../formats/oci/digest.ts";
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
  const folder = new ImageFolder(directory);
  begun.defer(() => folder.close());
  const ending = begun.move();
  return {
    manifestTypes: [],
    layers: "any",
    // deno-lint-ignore require-await -- others ask a registry
    has: async (blob) => folder.has(blob),
    put: (blob, options) => folder.put(blob, options),
    // deno-lint-ignore require-await -- to fail by rejection
    async putManifest(manifest, { isNamed = false, signal } = {}) {
      signal?.throwIfAborted();
      if (isNamed) folder.nameManifest(manifest);
      else folder.putInstance(manifest);
    },
    // deno-lint-ignore require-await -- likewise
    async commit({ signal } = {}) {
      signal?.throwIfAborted();
      folder.commit();
    },
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  };
}

/** A folder that an image is written to; nobody else does so meanwhile. */
class ImageFolder {
  readonly #directory: string;
  readonly #isNew: boolean;
  /** Names of parts that the image has. */
  readonly #kept = new Set<string>();
  /** Names of parts that are removed after a failure. */
  readonly #made: string[] = [];
  #named: Uint8Array | undefined;
  #isCommitted = false;
  // After a kill, the next copy recognizes the folder.
  #isBegun: boolean;

  constructor(directory: string) {
    this.#directory = directory;
    this.#isNew = refuseOthers(directory) === "nothing is there";
    this.#isBegun = !this.#isNew;
  }

  has({ digest, size }: Pick<Descriptor, "digest" | "size">): boolean {
    const name = hexOf(digest);
    const isThere = hasBlobFile(this.#pathOf(name), size);
    if (isThere) this.#kept.add(name);
    return isThere;
  }

  async put(...[blob, options]: Parameters<ImageMedium["put"]>) {
    if (!this.#isBegun) this.#writeVersion();
    const written = await putBlobFile(
      {
        temporary: this.#directory,
        pathOf: (digest) => this.#pathOf(hexOf(digest)),
      },
      blob,
      options,
    );
    const name = hexOf(written.digest);
    if (!this.#kept.has(name)) this.#made.push(name);
    this.#kept.add(name);
    return written;
  }

  /** Takes the manifest of the image itself, or its index. */
  nameManifest({ bytes }: Pick<RawManifest, "bytes">): void {
    this.#named = bytes;
  }

  /** Writes a manifest that an index leads to. */
  putInstance({ bytes, digest }: Pick<RawManifest, "bytes" | "digest">): void {
    const name = instanceName(digest);
    writeAtomically(this.#pathOf(name), bytes, MEDIUM_FILE);
    this.#made.push(name);
    this.#kept.add(name);
  }

  commit(): void {
    if (this.#named === undefined) return;
    this.#writeVersion();
    writeAtomically(this.#pathOf(FOLDER_MANIFEST), this.#named, MEDIUM_FILE);
    this.#isCommitted = true;
    // Those of the image before, and its signatures.
    for (const name of listDirectory(this.#directory)) {
      if (isPart(name) && !this.#kept.has(name)) rmSync(this.#pathOf(name));
    }
    this.#removeLeftovers();
  }

  /** Takes away what was written of an image that did not come to its end. */
  close(): void {
    if (this.#isCommitted) return;
    for (const name of this.#isNew ? [...this.#made, VERSION] : this.#made) {
      rmSync(this.#pathOf(name), { force: true });
    }
    this.#removeLeftovers();
  }

  #pathOf(name: string): string {
    return `${this.#directory}/${name}`;
  }

  #writeVersion(): void {
    writeAtomically(this.#pathOf(VERSION), VERSION_TEXT, MEDIUM_FILE);
    this.#isBegun = true;
  }

  #removeLeftovers(): void {
    for (const path of listLeftovers(this.#directory)) rmSync(path);
  }
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
