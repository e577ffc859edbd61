/** OCI layouts on disk as a place where images go to: OCI image-layout.md. */

import { dirname, resolve } from "@std/path";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import type { Abortable } from "../errors/abort.ts";
import {
  BlobMismatchError,
  InvalidManifestError,
  NoSpaceError,
} from "../errors/image_errors.ts";
import type { Bytes } from "../formats/bytes.ts";
import type { BlobSource } from "../formats/oci/blob_source.ts";
import type { Descriptor } from "../formats/oci/descriptor.ts";
import { algorithmOf, type Digest } from "../formats/oci/digest.ts";
import type { ImageSink, ResolvedImage } from "../formats/oci/image_sink.ts";
import { OCI_INDEX } from "../formats/oci/media_types.ts";
import { isErrno } from "../fs/errno.ts";
import { listDirectory } from "../fs/list_directory.ts";
import { randomSuffix } from "../fs/random_name.ts";
import { syncDirectory } from "../fs/sync.ts";
import { writeAtomically } from "../fs/write_atomically.ts";
import {
  blobPath,
  checkVersion,
  readIndex,
  REF_NAME,
} from "./layout_source.ts";

/** As what an image goes into a layout. */
export interface LayoutSinkOptions {
  /** Its name there: it is taken from another image that has it. */
  readonly ref?: string | undefined;
}

/** Layouts are for everybody, as those of other tools. */
const FILE_MODE = { mode: 0o644 } as const;

/**
 * Opens a layout for one image. It is made, if there is none; other images in it
 * stay.
 *
 * @param path The folder that holds `oci-layout` and `index.json`, or will.
 * @example
 * ```ts
 * import { copyImage, type ImageSource, openLayoutSink } from "orlop";
 * async function keep(source: ImageSource): Promise<string> {
 *   const sink = openLayoutSink("/var/backups/app", { ref: "1" });
 *   const { digest } = await copyImage(source, sink);
 *   return digest;
 * }
 * ```
 */
export function openLayoutSink(
  path: string,
  { ref }: LayoutSinkOptions = {},
): ImageSink<Descriptor> {
  const directory = resolve(path);
  return {
    async receive({ raw, manifest, configBytes }, source, options = {}) {
      const others = await readOthers(directory, { ref });
      const { config, layers } = manifest;
      for (const blob of layers) {
        await copyBlob(directory, blob, { ...options, source });
      }
      options.signal?.throwIfAborted();
      writeBlob(directory, config.digest, configBytes);
      writeBlob(directory, raw.digest, raw.bytes);
      const entry = describe({ raw, manifest }, { ref });
      writeIndex(directory, [...others, entry]);
      return entry;
    },
  };
}

/** The images that stay; what is no layout is nobody's to write to. */
async function readOthers(
  directory: string,
  { ref }: LayoutSinkOptions,
): Promise<readonly Descriptor[]> {
  if (!existsSync(`${directory}/oci-layout`)) {
    if (listDirectory(directory).every((name) => name === "blobs")) return [];
    throw new InvalidManifestError(
      `Cannot write a layout to "${directory}": something else is there`,
    );
  }
  await checkVersion(directory);
  const { manifests } = await readIndex(directory);
  return manifests.filter((entry) => entry.annotations?.[REF_NAME] !== ref);
}

function describe(
  { raw, manifest }: Pick<ResolvedImage, "raw" | "manifest">,
  { ref }: LayoutSinkOptions,
): Descriptor {
  return {
    mediaType: manifest.mediaType,
    digest: raw.digest,
    size: raw.bytes.byteLength,
    ...(ref !== undefined && { annotations: { [REF_NAME]: ref } }),
  };
}

/** The index comes last: what it does not name is not there. */
function writeIndex(directory: string, manifests: readonly Descriptor[]): void {
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
  const version = { imageLayoutVersion: "1.0.0" };
  writeAtomically(
    `${directory}/index.json`,
    JSON.stringify(index),
    FILE_MODE,
  );
  writeAtomically(
    `${directory}/oci-layout`,
    JSON.stringify(version),
    FILE_MODE,
  );
}

function writeBlob(directory: string, digest: Digest, bytes: Bytes): void {
  const path = blobPath(directory, digest);
  mkdirSync(dirname(path), { recursive: true });
  writeAtomically(path, bytes, FILE_MODE);
}

/** Where a blob comes from. */
interface CopyBlobOptions extends Abortable {
  readonly source: BlobSource;
}

/** A file has a blob's name only when all of it is there, and verified. */
async function copyBlob(
  directory: string,
  blob: Descriptor,
  { source, signal }: CopyBlobOptions,
): Promise<void> {
  const path = blobPath(directory, blob.digest);
  if (statSync(path, { throwIfNoEntry: false })?.size === blob.size) return;
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${dirname(path)}/.tmp-${randomSuffix()}`;
  try {
    await receiveBlob(temporary, blob, { source, signal });
    renameSync(temporary, path);
    syncDirectory(dirname(path));
  } catch (cause) {
    rmSync(temporary, { force: true });
    if (!isErrno(cause, "ENOSPC", "EDQUOT")) throw cause;
    throw new NoSpaceError(
      `Cannot write layer "${blob.digest}": no space left on device`,
      { cause },
    );
  }
}

async function receiveBlob(
  path: string,
  blob: Descriptor,
  { source, signal }: CopyBlobOptions,
): Promise<void> {
  const body = await source.open(blob, { signal });
  const algorithm = algorithmOf(blob.digest);
  const hash = createHash(algorithm);
  let received = 0;
  using file = await Deno.open(path, {
    write: true,
    createNew: true,
    ...FILE_MODE,
  });
  const sink = new WritableStream<Bytes>({
    async write(chunk) {
      received += chunk.byteLength;
      // Not left to the end: an endless body would fill the disk first.
      if (received > blob.size) throw mismatch(`more than ${blob.size} bytes`);
      hash.update(chunk);
      await writeAll(file, chunk);
    },
  });
  await body.pipeTo(sink, signal === undefined ? {} : { signal });
  const digest = `${algorithm}:${hash.digest("hex")}`;
  if (received < blob.size) {
    throw mismatch(`${received} of ${blob.size} bytes`);
  }
  if (digest !== blob.digest) throw mismatch(`digest ${digest}`);
  await file.syncData();

  function mismatch(got: string): BlobMismatchError {
    return new BlobMismatchError(
      `Cannot copy layer "${blob.digest}": got ${got}`,
    );
  }
}

async function writeAll(file: Deno.FsFile, chunk: Bytes): Promise<void> {
  for (let at = 0; at < chunk.byteLength;) {
    at += await file.write(chunk.subarray(at));
  }
}
