/** From what a person typed to where an image comes from: the only such place. */

import { InvalidImageNameError } from "../../errors/naming_errors.ts";
import type { RegistriesConf } from "../../formats/config/registries_conf.ts";
import { nameOf, type Reference } from "../../formats/oci/reference.ts";
import {
  hasTransport,
  type LayoutReference,
  parseTransportReference,
} from "../../formats/oci/transport_reference.ts";
import { combineFailures } from "../../registry/combine_failures.ts";
import { loadRegistriesConf } from "../../registry/config/load_registries_conf.ts";
import { candidatesFor } from "../../registry/config/short_names.ts";
import { openRepository } from "../../registry/open_repository.ts";
import type { RegistryOptions } from "../../registry/registry_image.ts";
import { openLayout } from "../../transports/layout_source.ts";
import type { Agent } from "../agent.ts";
import { localNameOf } from "./local_name.ts";
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
    case "docker-daemon":
    case "containers-storage":
      throw new InvalidImageNameError(
        `Cannot open "${name}": transport "${reference.transport}" is not ` +
          "supported; use a registry or oci:DIR",
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
