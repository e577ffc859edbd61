/** Names for images from files, which must not be trusted to name themselves. */

import { basename, resolve } from "@std/path";
import {
  type ImageName,
  isShortName,
  isTag,
  nameOf,
  parseReference,
} from "../../formats/oci/reference.ts";

/** An image in a file. */
export interface LocalImage {
  /** Of the file or folder that it comes from. */
  readonly path: string;
  /** The name that the user typed for it. */
  readonly ref?: string | undefined;
  /** The name that it has there; only its tag is used. */
  readonly ownName?: string | undefined;
}

/**
 * Names an image that comes from a file. A full name that the user typed stays, any
 * other is a tag below `localhost/`, where podman puts it: a name in an untrusted
 * file must not be taken from another image.
 */
export function localNameOf({ path, ref, ownName }: LocalImage): ImageName {
  if (ref === undefined) return nameBelowLocalhost(path, ownName);
  if (!isShortName(ref)) return nameOf(parseReference(ref));
  return nameBelowLocalhost(path, ref.split(":").at(-1));
}

/** @param tag Ignored unless it is a valid tag. */
function nameBelowLocalhost(path: string, tag: string | undefined): ImageName {
  const repository = basename(resolve(path)).toLowerCase()
    .replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  const name = `localhost/${repository || "layout"}`;
  return nameOf(parseReference(isTag(tag) ? `${name}:${tag}` : name));
}
