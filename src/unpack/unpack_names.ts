/** What the names in a layer mean: OCI image-spec v1.1, layer.md. */

import { InvalidLayerError } from "../errors/image_errors.ts";
import { showBinaryString } from "../formats/binary_string.ts";

/** What an entry's name asks for. Paths are clean binary strings. */
export type NameMeaning =
  | {
    readonly kind: "link-source";
    readonly parent: string;
    readonly base: string;
  }
  | { readonly kind: "metadata"; readonly path: string }
  | { readonly kind: "opaque"; readonly parent: string }
  | { readonly kind: "plain"; readonly parent: string; readonly base: string }
  | { readonly kind: "root" }
  | {
    readonly kind: "whiteout";
    readonly parent: string;
    readonly base: string;
  };

/** A parent and a name in it; clean binary strings. */
export interface SplitPath {
  readonly parent: string;
  readonly base: string;
}

/** Where AUFS keeps files that have hard links: only that is its name. */
export const LINK_SOURCES = ".wh..wh.plnk";

const WHITEOUT = ".wh.";
const AUFS_METADATA = ".wh..wh.";
const OPAQUE = ".wh..wh..opq";
// A component's and a path's limit in Linux, in bytes.
const MAX_COMPONENT_BYTES = 255;
const MAX_PATH_BYTES = 4095;
// Something that cleaning would change: empty, `.` and `..` components.
const UNCLEAN = /(?:^|\/)(?:\.{0,2})(?:\/|$)/;

/**
 * Reads a name.
 *
 * @throws {InvalidLayerError} If it leaves the layer, or means nothing.
 */
export function readName(name: string): NameMeaning {
  const clean = cleanPath(name);
  if (clean === "") return { kind: "root" };
  const slash = clean.lastIndexOf("/");
  const parent = slash < 0 ? "" : clean.slice(0, slash);
  const base = clean.slice(slash + 1);
  if (!clean.includes(WHITEOUT)) return { kind: "plain", parent, base };
  if (parent === LINK_SOURCES) return { kind: "link-source", parent, base };
  if (isAufsMetadata(clean)) return { kind: "metadata", path: clean };
  if (isMarked(parent)) throw refuse(name, "a whiteout has no children");
  if (base === OPAQUE) return { kind: "opaque", parent };
  if (!base.startsWith(WHITEOUT)) return { kind: "plain", parent, base };
  const hidden = base.slice(WHITEOUT.length);
  if (hidden === "" || hidden === "." || hidden === "..") {
    throw refuse(name, "it is a whiteout of nothing");
  }
  return { kind: "whiteout", parent, base: hidden };
}

/**
 * Makes a path relative to the layer's root, without `.`, `..` and doubled
 * slashes; the root itself is `""`.
 *
 * @throws {InvalidLayerError} If it leaves the root, or is too long.
 */
export function cleanPath(path: string): string {
  if (path.length > MAX_PATH_BYTES) throw refuse(path, "its name is too long");
  const from = path.startsWith("./") ? 2 : 0;
  const to = path.endsWith("/") ? path.length - 1 : path.length;
  const likely = path.slice(from, Math.max(from, to));
  const clean = UNCLEAN.test(likely) ? cleanComponents(path) : likely;
  if (clean.length > MAX_COMPONENT_BYTES) checkComponents(path, clean);
  return clean;
}

/** Whether an entry belongs to no file, such that its owner does not count. */
export function isHiddenName(name: string): boolean {
  const end = name.endsWith("/") ? name.length - 1 : name.length;
  const slash = name.lastIndexOf("/", end - 1);
  return name.startsWith(WHITEOUT, slash + 1);
}

/** The error for an entry that is not taken. */
export function refuse(name: string, why: string): InvalidLayerError {
  return new InvalidLayerError(
    `entry ${showBinaryString(name)}: ${why}`,
  );
}

function cleanComponents(path: string): string {
  const kept: string[] = [];
  for (const component of path.split("/")) {
    if (component === "" || component === ".") continue;
    if (component !== "..") {
      kept.push(component);
    } else if (kept.pop() === undefined) {
      throw refuse(path, "it leaves the root");
    }
  }
  return kept.join("/");
}

function checkComponents(path: string, clean: string): void {
  for (const component of clean.split("/")) {
    if (component.length <= MAX_COMPONENT_BYTES) continue;
    throw refuse(path, `a name is longer than ${MAX_COMPONENT_BYTES} bytes`);
  }
}

function isAufsMetadata(clean: string): boolean {
  const components = clean.split("/");
  return components.some((component, index) =>
    component.startsWith(AUFS_METADATA) &&
    !(component === OPAQUE && index === components.length - 1)
  );
}

function isMarked(parent: string): boolean {
  return parent.startsWith(WHITEOUT) || parent.includes(`/${WHITEOUT}`);
}
