/** All hostile layers, by kind. */

import { HOSTILE_ARCHIVES } from "./hostile_archives.ts";
import { HOSTILE_COMPRESSION } from "./hostile_compression.ts";
import { HOSTILE_ENTRIES } from "./hostile_entries.ts";
import type { HostileLayer } from "./hostile_layer.ts";
import { HOSTILE_LINKS } from "./hostile_links.ts";
import { HOSTILE_MARKS } from "./hostile_marks.ts";
import { HOSTILE_NAMES } from "./hostile_names.ts";
import { HOSTILE_REPLACED } from "./hostile_replaced.ts";
import { HOSTILE_SPARSE } from "./hostile_sparse.ts";

/** The corpus. */
export const HOSTILE_LAYERS: Readonly<
  Record<string, readonly HostileLayer[]>
> = {
  "names": HOSTILE_NAMES,
  "links": HOSTILE_LINKS,
  "marks": HOSTILE_MARKS,
  "entries": HOSTILE_ENTRIES,
  "replacements": HOSTILE_REPLACED,
  "archives": HOSTILE_ARCHIVES,
  "sparse files": HOSTILE_SPARSE,
  "compression": HOSTILE_COMPRESSION,
};
