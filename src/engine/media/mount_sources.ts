/** Repositories of a registry that may have a blob, according to the store. */

import type { Digest } from "../../formats/oci/digest.ts";
import { parseManifest } from "../../formats/oci/manifest.ts";
import { parseReference, type Reference } from "../../formats/oci/reference.ts";
import type { ImageRecord } from "../../formats/storage/store_record.ts";
import type { ImageStore } from "../../store/image_store.ts";
import type { Agent } from "../agent.ts";

/** Finds paths of repositories by the digest of a blob. */
export type MountSources = (digest: Digest) => Promise<readonly string[]>;

/** The source and destination of a push. */
export interface PushRoute {
  /** The destination's own repository is excluded. */
  readonly to: Reference;
  /** The registry that the image is copied from, if it is one. */
  readonly from?: Reference | undefined;
}

/**
 * Reads the names of stored images at its first call: the registry that an image
 * came from probably still has its blobs.
 */
export function findMountSources(
  agent: Agent,
  { from, to }: PushRoute,
): MountSources {
  const isNear = from?.domain === to.domain && from.path !== to.path;
  const first = isNear ? [from.path] : [];
  let known: Promise<ReadonlyMap<Digest, ReadonlySet<string>>> | undefined;
  return async (digest) => {
    if (first.length > 0) return first; // that repository has all blobs
    known ??= listSources(agent, to);
    return [...(await known).get(digest) ?? []];
  };
}

async function listSources(
  { store }: Agent,
  to: Pick<Reference, "domain" | "path">,
): Promise<ReadonlyMap<Digest, ReadonlySet<string>>> {
  const sources = new Map<Digest, Set<string>>();
  using held = await store.lock({ images: "read" });
  for (const image of held.images.records) {
    const paths = pathsOf(image, to);
    if (paths.length === 0) continue;
    for (const digest of blobsOf(store.images, image)) {
      const found = sources.get(digest) ?? new Set();
      for (const path of paths) found.add(path);
      sources.set(digest, found);
    }
  }
  return sources;
}

/** The repositories of the same registry that an image has names of. */
function pathsOf(
  { names = [] }: ImageRecord,
  { domain, path }: Pick<Reference, "domain" | "path">,
): readonly string[] {
  return names.flatMap((name) => {
    try {
      const other = parseReference(name);
      return other.domain === domain && other.path !== path ? [other.path] : [];
    } catch {
      return []; // written by a tool that is less strict
    }
  });
}

function blobsOf(
  images: ImageStore,
  { id }: ImageRecord,
): readonly Digest[] {
  try {
    const bytes = images.readItem(id, "manifest");
    if (bytes === undefined) return [];
    const manifest = parseManifest({
      bytes,
      mediaType: "",
      digest: "" as Digest,
    });
    if (manifest.kind === "index") return [];
    return [manifest.config, ...manifest.layers].map(({ digest }) => digest);
  } catch {
    return []; // damaged, or no image: reported elsewhere
  }
}
