/** Lists the tags of a repository. */

import { combineFailures } from "../../registry/combine_failures.ts";
import { loadRegistriesConf } from "../../registry/config/load_registries_conf.ts";
import { candidatesFor } from "../../registry/config/short_names.ts";
import { listTags, type ListTagsOptions } from "../../registry/list_tags.ts";
import {
  type Reference,
  repositoryOf,
  splitReference,
} from "../../formats/oci/reference.ts";
import {
  hasTransport,
  parseTransportReference,
} from "../../formats/oci/transport_reference.ts";
import type { Agent } from "../agent.ts";

/** Tags, and of what. */
export interface RepositoryTags {
  /** In full, such as `docker.io/library/busybox`. */
  readonly repository: string;
  /** In the registry's order. */
  readonly tags: readonly string[];
}

/**
 * Lists tags. A short name may exist on several registries: the first that has it
 * counts.
 *
 * @param name Without a tag: `busybox`, `quay.io/a/b`, `docker://quay.io/a/b`.
 * @throws {SyntaxError} If the name is malformed, or names no repository.
 * @throws As `listTags()` does.
 */
export async function listRepositoryTags(
  agent: Agent,
  name: string,
  options: ListTagsOptions = {},
): Promise<RepositoryTags> {
  const onWarning = (message: string) => agent.log("warn", message);
  const opening = { ...agent.registries, onWarning, ...options };
  const conf = await loadRegistriesConf(opening);
  const failures: Error[] = [];
  for (const reference of namesOf(name, () => candidatesFor(name, conf))) {
    try {
      const tags = await listTags(reference, { ...opening, conf });
      return { repository: repositoryOf(reference), tags };
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof Error)) throw error;
      failures.push(error);
    }
  }
  const [only] = failures;
  if (failures.length === 1 && only !== undefined) throw only;
  throw combineFailures(failures, {
    message: failures.map(({ message }) => message).join("; "),
  });
}

function namesOf(
  name: string,
  candidates: () => readonly Reference[],
): readonly Reference[] {
  const what = `Cannot list tags of "${name}"`;
  const { tag, digest } = splitReference(name.replace(/^docker:\/\//, ""));
  if (tag !== undefined || digest !== undefined) {
    throw new SyntaxError(`${what}: a repository has no tag or digest`);
  }
  if (!hasTransport(name)) return candidates();
  const parsed = parseTransportReference(name);
  if (parsed.transport === "docker") return [parsed.reference];
  throw new SyntaxError(
    `${what}: transport "${parsed.transport}" knows no repositories`,
  );
}
