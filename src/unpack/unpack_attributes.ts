/**
 * The attributes of an entry that are set on its file: OCI image-spec v1.1,
 * layer.md.
 */

import type { TarEntry } from "../formats/tar/tar_entry.ts";
import { refuse } from "./unpack_names.ts";

// Go's clock ends there; what is outside becomes 1970 in containers/storage.
const MAX_MTIME_SECONDS = 9_223_372_036;
const MAX_XATTR_BYTES = 65_536;

/**
 * Drops forbidden attributes, and invalid times.
 *
 * @throws {InvalidLayerError} If an attribute is larger than Linux takes.
 */
export function sanitizeAttributes(entry: TarEntry): TarEntry {
  const { mtime, xattrs } = entry;
  const isOutside = mtime < 0 || mtime >= MAX_MTIME_SECONDS;
  if (!isOutside && xattrs === undefined) return entry;
  const time = isOutside ? { mtime: 0, mtimeNs: 0 } : {};
  return { ...entry, ...time, xattrs: keepXattrs(entry) };
}

function keepXattrs({ name, type, xattrs }: TarEntry): TarEntry["xattrs"] {
  // Linux has those of users on nothing else: xattr(7).
  const hasUserXattrs = type === "file" || type === "directory";
  const kept = [...xattrs ?? []].filter(([key]) =>
    !isForbiddenXattr(key) && (hasUserXattrs || !key.startsWith("user."))
  );
  if (kept.some(([, value]) => value.length > MAX_XATTR_BYTES)) {
    throw refuse(name, "an extended attribute is too large");
  }
  return kept.length === 0 ? undefined : new Map(kept);
}

/** overlayfs's own attributes could hide or redirect files of other layers. */
function isForbiddenXattr(key: string): boolean {
  return key === "security.selinux" || key.startsWith("trusted.overlay.") ||
    key.startsWith("user.overlay.");
}
