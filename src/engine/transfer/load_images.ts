/** Loads images from an archive or a directory, as podman's `load` does. */

import { existsSync, statSync } from "node:fs";
import { InvalidManifestError } from "../../errors/image_errors.ts";
import type { Bytes } from "../../formats/bytes.ts";
import type { ImageSource } from "../../formats/oci/blob_source.ts";
import type { ImageName } from "../../formats/oci/reference.ts";
import { openFolder } from "../../transports/folder_source.ts";
import { openLayout } from "../../transports/layout_source.ts";
import type { Agent } from "../agent.ts";
import { localNameOf } from "../media/local_name.ts";
import {
  archivedNamesOf,
  openArchives,
  STDIN,
} from "../media/open_archives.ts";
import { copyImage } from "./copy_image.ts";
import type { StoreImageOptions } from "./store_image.ts";
import { openStoreSink, type StoredImage } from "./store_sink.ts";

/** How to load. */
export interface LoadOptions
  extends Omit<StoreImageOptions, "names" | "received" | "retry"> {}

/** An image to load, and its names. */
interface FoundImage {
  readonly names: readonly ImageName[];
  open(): Promise<ImageSource>;
}

/**
 * Loads all images of an archive, which may be compressed, or the one of a
 * directory, an OCI layout or one of `dir:`. They get the names that the archive
 * gives them, short ones below `localhost/`; another image that has a name loses
 * it. Images for other platforms are loaded, too.
 *
 * @param input A path, or piped input.
 * @returns Each image when it is in the store; those before a failure stay.
 * @throws {NotFoundError} If there is no such file.
 * @throws {InvalidManifestError} If it holds no images, or damaged ones.
 * @throws As `storeImage()` does.
 */
export async function* loadImages(
  agent: Agent,
  input: string | ReadableStream<Bytes>,
  options: LoadOptions = {},
): AsyncGenerator<StoredImage, void, void> {
  const { signal } = options;
  signal?.throwIfAborted();
  await using opened = new AsyncDisposableStack();
  const images =
    typeof input === "string" && input !== STDIN && isDirectory(input)
      ? await findInDirectory(input)
      : await findInArchive(agent, input, { opened, signal });
  for (const { names, open } of images) {
    const source = await open();
    const onWarning = (message: string) => agent.log("warn", message);
    const sink = openStoreSink(agent, { ...options, names, lostNames: "warn" });
    yield await copyImage(source, sink, {
      ...{ ...options, name: names[0], onWarning, otherPlatform: "warn" },
    });
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * An OCI layout is named after the directory, as for `oci:DIR`; a `dir:` has no
 * name.
 */
async function findInDirectory(path: string): Promise<readonly FoundImage[]> {
  if (existsSync(`${path}/oci-layout`)) {
    const source = await openLayout(path);
    const name = localNameOf({ path, ownName: source.name });
    return [{ names: [name], open: () => Promise.resolve(source) }];
  }
  if (existsSync(`${path}/manifest.json`)) {
    return [{ names: [], open: () => openFolder(path) }];
  }
  throw new InvalidManifestError(
    `Cannot load "${path}": it has neither oci-layout, as OCI layouts have, ` +
      "nor manifest.json",
  );
}

async function findInArchive(
  agent: Agent,
  input: string | ReadableStream<Bytes>,
  { opened, signal }: {
    readonly opened: AsyncDisposableStack;
    readonly signal: AbortSignal | undefined;
  },
): Promise<readonly FoundImage[]> {
  const isPath = typeof input === "string";
  const { images, name } = opened.use(
    await openArchives(agent, isPath ? input : STDIN, {
      ...{ input: isPath ? undefined : input, signal },
    }),
  );
  if (images.length === 0) {
    throw new InvalidManifestError(
      `Cannot load archive "${name}": it lists no images`,
    );
  }
  // All names are checked before the first image is loaded.
  return images.map((image) => ({
    names: archivedNamesOf(image, name),
    open: () => image.open({ signal }),
  }));
}
