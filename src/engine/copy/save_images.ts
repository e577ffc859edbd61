/** Writes images of the store into an archive or a folder. */

import type { Abortable } from "../../errors/abort.ts";
import { InvalidImageNameError } from "../../errors/naming_errors.ts";
import {
  type ImageName,
  nameOf,
  parseLocalReference,
} from "../../formats/oci/reference.ts";
import type { Agent } from "../agent.ts";
import { openMediumSink } from "../media/medium_sink.ts";
import { type MediumReference, openMedium } from "../media/open_medium.ts";
import type { CopyForm } from "../media/plan_copy.ts";
import { openStoreSource, type StoreSource } from "../media/store_source.ts";
import type { OnPullEvent } from "../progress/pull_event.ts";
import { copyImage } from "../transfer/copy_image.ts";

/** The formats of `podman save`. */
export type SaveFormat =
  | "docker-archive"
  | "docker-dir"
  | "oci-archive"
  | "oci-dir";

/** How to save. */
export interface SaveOptions
  extends Abortable, Pick<CopyForm, "layers" | "packing"> {
  /**
   * A `"docker-archive"` is as `docker save` writes it.
   *
   * @default {"docker-archive"}
   */
  readonly format?: SaveFormat | undefined;
  /** The file or folder; `/dev/stdout` for standard output. */
  readonly path: string;
  /**
   * Further names in the archive, of a single image.
   *
   * @default {[]}
   */
  readonly additionalNames?: readonly string[] | undefined;
  /**
   * Receives progress events.
   *
   * @default {none}
   */
  readonly onEvent?: OnPullEvent | undefined;
}

/**
 * Saves images. Only the names by which they were requested are saved.
 *
 * @throws {ImageNotFoundError} If one is unknown; then nothing is written.
 * @throws {InvalidImageNameError} If the format does not support so many names.
 * @throws {InvalidManifestError} If something else is at the path.
 */
export async function saveImages(
  agent: Agent,
  images: readonly string[],
  options: SaveOptions,
): Promise<void> {
  const { format = "docker-archive", path, signal } = options;
  using opened = new DisposableStack();
  const saved: SavedImage[] = [];
  for (const text of images) {
    const stored = opened.use(await openStoreSource(agent, text, { signal }));
    const same = saved.find(({ stored: { image } }) =>
      image.id === stored.image.id
    );
    const names = stored.name === undefined ? [] : [stored.name];
    if (same === undefined) saved.push({ text, stored, names: [...names] });
    else same.names.push(...names);
  }
  addNames(saved, { ...options, format });
  const ref = saved[0]?.stored.name;
  await using medium = await openMedium(agent, referenceTo(format, path, ref), {
    signal,
  });
  for (const { text, stored, names } of saved) {
    const sink = openMediumSink(medium, {
      ...options,
      format: format.startsWith("docker") ? "v2s2" : "oci",
      name: text,
      names: [...new Set(names)],
    });
    await copyImage(stored.source, sink, {
      signal,
      otherPlatform: "accept",
      onWarning: (message) => agent.log("warn", message),
    });
  }
  await medium.commit({ signal });
}

interface SavedImage {
  readonly text: string;
  readonly stored: StoreSource;
  readonly names: ImageName[];
}

function addNames(
  saved: readonly SavedImage[],
  { format, additionalNames = [] }: SaveOptions & { format: SaveFormat },
): void {
  const [first, ...others] = saved;
  const isMany = others.length > 0 || additionalNames.length > 0;
  if (isMany && format !== "docker-archive") {
    throw new InvalidImageNameError(
      `Cannot save ${saved.length + additionalNames.length} names: format ` +
        `"${format}" takes one, only "docker-archive" takes several`,
    );
  }
  first?.names.push(
    ...additionalNames.map((name) => nameOf(parseLocalReference(name))),
  );
}

function referenceTo(
  format: SaveFormat,
  path: string,
  ref: ImageName | undefined,
): MediumReference {
  const named = ref === undefined ? {} : { ref };
  switch (format) {
    case "docker-archive":
      return { transport: "docker-archive", path };
    case "docker-dir":
      return { transport: "dir", path };
    case "oci-archive":
      return { transport: "oci-archive", path, ...named };
    case "oci-dir":
      return { transport: "oci", path, ...named };
  }
}
