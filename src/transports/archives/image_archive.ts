/** The common interface of archives of images. */

import type { Abortable } from "../../errors/abort.ts";
import { NotFoundError } from "../../errors/not_found_errors.ts";
import type { ImageSource } from "../../formats/oci/blob_source.ts";

/** An image in an archive. */
export interface ArchivedImage {
  /** What it can be chosen by, as written in the archive. */
  readonly names: readonly string[];
  /** What it is called where it is loaded, as written in the archive. */
  readonly fullNames: readonly string[];
  /** Whether these come from a place that is made for names in full. */
  readonly isNamedInFull: boolean;
  /**
   * Opens it; for that what is compressed may have to be expanded.
   *
   * @throws {InvalidManifestError} If it is damaged.
   */
  open(options?: Abortable): Promise<ImageSource>;
}

/** How to choose an image of an archive; if omitted, there must be only one. */
export interface ChooseImageOptions {
  /** Whether a name is the one that is meant. */
  readonly isNamed?: ((name: string) => boolean) | undefined;
  /** Its position. */
  readonly index?: number | undefined;
  /** The archive, for errors. */
  readonly archive: string;
}

// Enough to choose from.
const MAX_SHOWN = 20;

/**
 * Chooses an image of an archive.
 *
 * @throws {NotFoundError} If none, or more than one, matches.
 */
export function chooseImage(
  images: readonly ArchivedImage[],
  { isNamed, index, archive }: ChooseImageOptions,
): ArchivedImage {
  const chosen = images.filter(({ names }, position) =>
    (isNamed === undefined || names.some(isNamed)) &&
    (index === undefined || position === index)
  );
  const [only] = chosen;
  if (only !== undefined && (chosen.length === 1 || isNamed)) return only;
  const what = `Cannot open archive "${archive}"`;
  const all = images.flatMap(({ names }, position) =>
    names.length === 0 ? [`@${position}`] : names
  );
  const shown = all.slice(0, MAX_SHOWN).join(", ") +
    (all.length > MAX_SHOWN ? ", …" : "");
  throw new NotFoundError(
    chosen.length > 1
      ? `${what}: name one of its images: ${shown}`
      : `${what}: it has no such image; it has ${shown || "none"}`,
  );
}
