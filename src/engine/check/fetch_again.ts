/** Fetches an image again from its registry, to replace its damaged parts. */

import { BlobMismatchError, RegistryError } from "../../errors/image_errors.ts";
import { InvalidImageNameError } from "../../errors/naming_errors.ts";
import type { ImageSource } from "../../formats/oci/blob_source.ts";
import { isDigest } from "../../formats/oci/digest.ts";
import {
  nameOf,
  parseReference,
  type Reference,
} from "../../formats/oci/reference.ts";
import { PAUSE_IMAGE_NAME } from "../../image/pause_image_name.ts";
import type { Agent } from "../agent.ts";
import { openEmbedded } from "../pods/fetch_pause_image.ts";
import { copyImage } from "../transfer/copy_image.ts";
import { openSource } from "../media/open_source.ts";
import type { PullOptions } from "../transfer/pull_image.ts";
import { openStoreSink } from "../transfer/store_sink.ts";
import type { FetchRepair } from "./plan_repair.ts";

/**
 * Fetches it by the digest of its manifest, since names may have moved. It keeps
 * its names.
 *
 * @throws {InvalidImageNameError} If it has no name to fetch it by.
 * @throws {RegistryError} If no registry has it; with the answer of each.
 * @throws {InUseError} If a layer to be replaced is mounted.
 */
export async function fetchAgain(
  agent: Agent,
  { imageId, names, digest, suspects }: FetchRepair,
  options: PullOptions,
): Promise<void> {
  const own = await findEmbedded(names, digest);
  if (own !== undefined) {
    return await storeAgain(agent, own, { ...options, imageId, suspects });
  }
  const references = names.map((name) => byDigest(name, digest));
  if (references.length === 0) {
    throw new InvalidImageNameError(
      `Cannot fetch image "${imageId}" again: it has no name that says where ` +
        "it came from",
    );
  }
  const failures: string[] = [];
  for (const reference of references) {
    try {
      return await fetchFrom(agent, nameOf(reference), {
        ...options,
        imageId,
        suspects,
      });
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof RegistryError)) throw error;
      failures.push(error.message);
    }
  }
  throw new RegistryError(failures.join("; "));
}

/** The pause image comes from no registry. */
async function findEmbedded(
  names: readonly string[],
  digest: string | undefined,
): Promise<ImageSource | undefined> {
  if (!names.includes(PAUSE_IMAGE_NAME)) return undefined;
  const source = openEmbedded();
  const manifest = await source.fetchManifest();
  return manifest.digest === digest ? source : undefined;
}

type StoreAgainOptions =
  & PullOptions
  & Pick<FetchRepair, "imageId" | "suspects">;

async function fetchFrom(
  agent: Agent,
  name: string,
  options: StoreAgainOptions,
): Promise<void> {
  const onWarning = (message: string) => agent.log("warn", message);
  const opening = { ...agent.registries, onWarning, ...options };
  await using opened = await openSource(agent, `docker://${name}`, opening);
  await storeAgain(agent, opened.source, { ...options, name });
}

async function storeAgain(
  agent: Agent,
  source: ImageSource,
  { imageId, suspects, name, ...options }: StoreAgainOptions & {
    readonly name?: string;
  },
): Promise<void> {
  const sink = openStoreSink(agent, {
    ...options,
    suspects,
    names: [],
    received: "forget", // as likely to be damaged
  });
  const stored = await copyImage(source, sink, {
    ...options,
    onWarning: (message) => agent.log("warn", message),
  });
  if (stored.imageId === imageId) return;
  throw new BlobMismatchError(
    `Cannot fetch image "${imageId}" again: "${
      name ?? PAUSE_IMAGE_NAME
    }" is image ` +
      `"${stored.imageId}" now`,
  );
}

function byDigest(name: string, digest: string | undefined): Reference {
  const { tag: _tag, ...reference } = parseReference(name);
  if (reference.digest !== undefined) return reference;
  return digest !== undefined && isDigest(digest)
    ? { ...reference, digest }
    : parseReference(name);
}
