/** Describes one container in full. */

import type { Abortable } from "../../errors/abort.ts";
import { isObject } from "../../formats/json.ts";
import type { RuntimeSpec } from "../../formats/oci/runtime_spec.ts";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import { findContainer } from "../../store/find_container.ts";
import { type AgentHandle, insideOf } from "../agent.ts";
import { mountPoint } from "../mounts/mount_points.ts";
import { readBundle, readTemplate } from "../parse_stored.ts";
import { directoriesOf } from "./container_metadata.ts";
import { type ContainerSummary, summarize } from "./list_containers.ts";

/** A container, with all its data. */
export interface ContainerDetails extends ContainerSummary {
  /** Its record in the store. */
  readonly record: ContainerRecord;
  /** Survives reboots. */
  readonly dir: string;
  /** May be emptied by a reboot. */
  readonly runDir: string;
  /** The template of each start; undefined if there is none. */
  readonly template: RuntimeSpec | undefined;
  /**
   * The configuration that the last start wrote for a runtime; undefined if it is
   * lost.
   */
  readonly bundleConfig: RuntimeSpec | undefined;
  /** The differences between the two; normally only `root.path`. */
  readonly differences: readonly SpecDifference[];
}

/** A member that is not the same in a template and in a bundle config. */
export interface SpecDifference {
  /** Such as `root.path` or `process.args`. */
  readonly path: string;
  /** Undefined if the template does not have it. */
  readonly template: unknown;
  /** Undefined if the bundle config does not have it. */
  readonly bundle: unknown;
}

/**
 * Describes a container in full.
 *
 * @param handle From `openAgent()`.
 * @param idOrName Full ID, name, ID of its layer, or a unique prefix of its ID.
 * @throws {ContainerNotFoundError} If it is unknown.
 * @throws {DamagedFileError} If template or bundle config do not parse.
 * @example
 * ```ts
 * import { type Agent, inspectContainer } from "orlop";
 * async function isIntact(agent: Agent, name: string): Promise<boolean> {
 *   const { differences } = await inspectContainer(agent, name);
 *   return differences.every(({ path }) => path === "root.path");
 * }
 * ```
 */
export async function inspectContainer(
  handle: AgentHandle,
  idOrName: string,
  options: Abortable = {},
): Promise<ContainerDetails> {
  const agent = insideOf(handle);
  const { store, mounter } = agent;
  using held = await store.lock({ containers: "read" }, options);
  const record = findContainer(held.containers, idOrName);
  const target = mountPoint(agent, record.layer);
  const isMounted = await mounter.isMounted(target, options);
  const { dir, runDir } = directoriesOf(agent, record);
  const template = readTemplate(agent, record.id);
  const bundleConfig = readBundle(agent, record.id);
  return {
    ...await summarize(agent, record, {
      ...options,
      mountPoint: isMounted ? target : undefined,
    }),
    record,
    dir,
    runDir,
    template,
    bundleConfig,
    differences: template && bundleConfig
      ? compare(template, bundleConfig, "")
      : [],
  };
}

/** Compares objects member by member, other values as a whole. */
function compare(
  template: unknown,
  bundle: unknown,
  path: string,
): readonly SpecDifference[] {
  if (!isObject(template) || !isObject(bundle)) {
    return JSON.stringify(template) === JSON.stringify(bundle)
      ? []
      : [{ path, template, bundle }];
  }
  const keys = new Set([...Object.keys(template), ...Object.keys(bundle)]);
  return [...keys].flatMap((key) =>
    compare(template[key], bundle[key], path === "" ? key : `${path}.${key}`)
  );
}
