/** What images are called that come from files, whatever these say of them. */

import { basename, resolve } from "@std/path";
import {
  type ImageName,
  isShortName,
  isTag,
  nameOf,
  parseReference,
} from "../../formats/oci/reference.ts";

/** Which image of which file. */
export interface LocalImage {
  /** Of the file or folder that it comes from. */
  readonly path: string;
  /** The name that the user typed for it. */
  readonly ref?: string | undefined;
  /** The name that it has there; it counts only as a tag. */
  readonly ownName?: string | undefined;
}

/**
 * Names an image that comes from a file. A full name that the user typed stays,
 * any other is a tag below `localhost/`, where podman puts it: what stands in a
 * stranger's file must not take a name away from another image.
 */
export function localNameOf({ path, ref, ownName }: LocalImage): ImageName {
  if (ref === undefined) return nameBelowLocalhost(path, ownName);
  if (!isShortName(ref)) return nameOf(parseReference(ref));
  return nameBelowLocalhost(path, ref.split(":").at(-1));
}

/** @param tag Left out of the name unless it is one. */
function nameBelowLocalhost(path: string, tag: string | undefined): ImageName {
  const repository = basename(resolve(path)).toLowerCase()
    .replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  const name = `localhost/${repository || "layout"}`;
  return nameOf(parseReference(isTag(tag) ? `${name}:${tag}` : name));
}
