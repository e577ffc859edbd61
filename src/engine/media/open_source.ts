/** From what a person typed to where an image comes from: the only such place. */

import type { Abortable } from "../../errors/abort.ts";
import { InvalidImageNameError } from "../../errors/naming_errors.ts";
import type { RegistriesConf } from "../../formats/config/registries_conf.ts";
import {
  type ImageName,
  nameOf,
  parseReference,
  type Reference,
} from "../../formats/oci/reference.ts";
import {
  type DirectoryReference,
  hasTransport,
  type LayoutReference,
  parseTransportReference,
  type StoreReference,
} from "../../formats/oci/transport_reference.ts";
import type { ImageRecord } from "../../formats/storage/store_record.ts";
import { combineFailures } from "../../registry/combine_failures.ts";
import { loadRegistriesConf } from "../../registry/config/load_registries_conf.ts";
import { candidatesFor } from "../../registry/config/short_names.ts";
import { openRepository } from "../../registry/open_repository.ts";
import type { RegistryOptions } from "../../registry/registry_image.ts";
import { openFolder } from "../../transports/folder_source.ts";
import { openLayout } from "../../transports/layout_source.ts";
import type { Agent } from "../agent.ts";
import { localNameOf } from "./local_name.ts";
import { openStoreOf } from "./other_store.ts";
import { openStoreSource } from "./store_source.ts";
import { openInArchive } from "./open_archives.ts";
import type { OpenedSource } from "./opened_source.ts";

/** How to open a source. */
export interface OpenSourceOptions extends RegistryOptions {
  /** What registries.conf says, for those who have read it already. */
  readonly conf?: RegistriesConf | undefined;
}

/**
 * Opens what a name stands for: `busybox`, `docker://quay.io/a/b:1`,
 * `oci:DIR[:REF]` and all other transports.
 *
 * @throws {SyntaxError} If the name is malformed.
 * @throws {NotFoundError} If there is no such image.
 * @throws {RegistryError} If the registry does not give it.
 */
export async function openSource(
  agent: Agent,
  name: string,
  options: OpenSourceOptions = {},
): Promise<OpenedSource> {
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

/** A short name may be on several registries: the first that has it counts. */
async function openCandidates(
  name: string,
  options: OpenSourceOptions,
): Promise<OpenedSource> {
  const conf = options.conf ?? await loadRegistriesConf(options);
  const candidates = candidatesFor(name, conf);
  const failures: Error[] = [];
  for (const candidate of candidates) {
    try {
      return await openInRegistry(candidate, { ...options, conf });
    } catch (error) {
      options.signal?.throwIfAborted();
      if (candidates.length === 1 || !(error instanceof Error)) throw error;
      failures.push(error);
    }
  }
  throw combineFailures(failures, {
    message: `Cannot ${options.verb ?? "pull"} "${name}": ` +
      failures.map(({ message }) => message).join("; "),
  });
}

async function openInRegistry(
  reference: Reference,
  options: OpenSourceOptions,
): Promise<OpenedSource> {
  const source = await openRepository(reference, options);
  return {
    source,
    name: nameOf(reference),
    // deno-lint-ignore require-await -- others have to wait
    [Symbol.asyncDispose]: async () => source[Symbol.dispose](),
  };
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

/** One that is looked up by its ID keeps the name that it has. */
function nameOfRecord({ names = [] }: ImageRecord): ImageName | undefined {
  const [name] = names;
  return name === undefined ? undefined : nameOf(parseReference(name));
}
