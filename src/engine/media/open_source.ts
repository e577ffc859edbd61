/** The only place that maps a typed reference to an image source. */

import type { Abortable } from "../../errors/abort.ts";
import { InvalidImageNameError } from "../../errors/naming_errors.ts";
import {
  type ImageName,
  nameOf,
  parseReference,
} from "../../formats/oci/reference.ts";
import {
  type DirectoryReference,
  hasTransport,
  type LayoutReference,
  parseTransportReference,
  type StoreReference,
} from "../../formats/oci/transport_reference.ts";
import type { ImageRecord } from "../../formats/storage/store_record.ts";
import { openFolder } from "../../transports/folder_source.ts";
import { openLayout } from "../../transports/layout_source.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { localNameOf } from "./local_name.ts";
import { openStoreOf } from "./other_store.ts";
import { openStoreSource } from "./store_source.ts";
import { openInArchive } from "./open_archives.ts";
import type { OpenedSource } from "./opened_source.ts";
import {
  openCandidates,
  openInRegistry,
  type OpenInRegistryOptions,
} from "./open_in_registry.ts";

/** How to open a source. */
export type OpenSourceOptions = OpenInRegistryOptions;

/**
 * Opens what a name stands for: `busybox`, `docker://quay.io/a/b:1`,
 * `oci:DIR[:REF]` and all other transports.
 *
 * @param handle From `openAgent()`.
 * @throws {SyntaxError} If the name is malformed.
 * @throws {NotFoundError} If there is no such image.
 * @throws {RegistryError} If the registry does not give it.
 * @example
 * ```ts
 * import { type Agent, openSource, storeImage } from "orlop";
 * async function bring(agent: Agent, file: string): Promise<string> {
 *   await using opened = await openSource(agent, `docker-archive:${file}`);
 *   const names = ["localhost/app:1"];
 *   const { imageId } = await storeImage(agent, opened.source, { names });
 *   return imageId;
 * }
 * ```
 */
export async function openSource(
  handle: AgentHandle,
  name: string,
  options: OpenSourceOptions = {},
): Promise<OpenedSource> {
  const agent = insideOf(handle);
  options.signal?.throwIfAborted();
  if (!hasTransport(name)) return await openCandidates(name, options);
  const reference = parseTransportReference(name);
  switch (reference.transport) {
    case "docker":
      return await openInRegistry(reference.reference, options);
    case "oci":
      return await openInLayout(reference);
    case "oci-archive":
      return await openInArchive(
        agent,
        { ...reference, transport: "oci-archive" },
        options,
      );
    case "docker-archive":
      return await openInArchive(agent, reference, options);
    case "dir":
      return await openInFolder(reference);
    case "containers-storage":
      return await openInStore(agent, name, { ...options, reference });
    case "docker-daemon":
      throw new InvalidImageNameError(
        `Cannot open "${name}": Docker's daemon is not asked; save the image ` +
          "by docker save, and use docker-archive:FILE",
      );
  }
}

async function openInLayout(
  { path, ref, index }: LayoutReference,
): Promise<OpenedSource> {
  const source = await openLayout(path, { ref, index });
  const name = localNameOf({ path, ref, ownName: source.name });
  return { source, name, async [Symbol.asyncDispose]() {} };
}

async function openInFolder(
  { path }: DirectoryReference,
): Promise<OpenedSource> {
  const source = await openFolder(path);
  const name = localNameOf({ path });
  return { source, name, async [Symbol.asyncDispose]() {} };
}

async function openInStore(
  agent: Agent,
  name: string,
  { reference, signal }: Abortable & { readonly reference: StoreReference },
): Promise<OpenedSource> {
  const owner = openStoreOf(agent, reference, { purpose: "read" });
  const stored = await openStoreSource(owner, name, { signal });
  return {
    source: stored.source,
    name: stored.name ?? nameOfRecord(stored.image),
    // deno-lint-ignore require-await -- others have to wait
    [Symbol.asyncDispose]: async () => stored[Symbol.dispose](),
  };
}

/** An image that is looked up by its ID keeps its name. */
function nameOfRecord({ names = [] }: ImageRecord): ImageName | undefined {
  const [name] = names;
  return name === undefined ? undefined : nameOf(parseReference(name));
}
