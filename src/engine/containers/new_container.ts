/** Checks and formats the request for a new container. */

import type { Abortable } from "../../errors/abort.ts";
import { DuplicateNameError } from "../../errors/naming_errors.ts";
import { InvalidSandboxIdError } from "../../errors/not_found_errors.ts";
import type { ImageConfig } from "../../formats/oci/image_config.ts";
import {
  formatRuntimeSpec,
  MAX_SPEC_SIZE,
  parseRuntimeSpec,
  type RuntimeSpec,
} from "../../formats/oci/runtime_spec.ts";
import type { ContainerMetadata } from "../../formats/storage/container_metadata.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { UserMap } from "../../formats/storage/user_map.ts";
import type { WriteLocks } from "../../store/records/tables.ts";
import type { FoundImage } from "../images/find_image.ts";
import type { ContainerIdentity } from "./check_request.ts";
import { findInfra, listMembers } from "./list_containers.ts";
import type { TemplateOptions } from "../templates/make_template.ts";

/** Options of a new container. */
export interface CreateContainerOptions extends ContainerIdentity, Abortable {
  /**
   * Its name for an orchestrator; if omitted, the container's name.
   *
   * @default {the container's name}
   */
  readonly metadataName?: string | undefined;
  /**
   * The number of earlier attempts to create it; 0 is the default.
   *
   * @default {0}
   */
  readonly attempt?: number | undefined;
  /**
   * The SELinux label to mount with.
   *
   * @default {""}
   */
  readonly mountLabel?: string | undefined;
  /**
   * `"unchecked"` also joins a pod that is not in the store.
   *
   * @default {"checked"}
   */
  readonly pod?: "checked" | "unchecked" | undefined;
  /**
   * The runtime configuration that each start begins with; if omitted, one is made
   * from the image's. The path of its root is set at each start.
   *
   * @default {one made of the image's config}
   */
  readonly template?: RuntimeSpec | undefined;
  /**
   * Differences from the image's settings.
   *
   * @default {nothing else}
   */
  readonly settings?: TemplateOptions | undefined;
  /**
   * Further files of its work dir, by name. They exist as soon as the container
   * does, so that its creator finds them even after an early kill.
   *
   * @default {no further files}
   */
  readonly files?: Readonly<Record<string, string>> | undefined;
  /**
   * The users who own its files: those of a user namespace that its template names.
   *
   * @default {the host's}
   */
  readonly users?: UserMap | undefined;
}

/** A container that was created. */
export interface ContainerInfo {
  /** As given, or random. */
  readonly id: ContainerId;
  /** Survives reboots. */
  readonly dir: string;
  /** May be emptied by a reboot. */
  readonly runDir: string;
  /** Of the image; undefined if it has none. */
  readonly config: ImageConfig | undefined;
}

/** Options of a container or of a pod's infra container. */
export interface NewContainer extends CreateContainerOptions {
  /** How an orchestrator distinguishes pods with the same name. */
  readonly uid?: string | undefined;
  /** The orchestrator's. */
  readonly namespace?: string | undefined;
}

/** @throws {SyntaxError} If no runtime could use it. */
export function checkTemplate(
  template: RuntimeSpec,
  id: ContainerId,
): RuntimeSpec {
  return parseRuntimeSpec(
    formatRuntimeSpec(template),
    `template of container "${id}"`,
  );
}

// Names that orlop itself uses in a work dir: the template, the state of runs.
const FILE_NAME = /^(?!config\.|run\.)[a-z][a-z-]*\.json$/;

/** @throws {TypeError} If the name of a further file is not allowed. */
export function checkFiles(files: CreateContainerOptions["files"] = {}): void {
  const wrong = Object.keys(files).find((name) => !FILE_NAME.test(name));
  if (wrong === undefined) return;
  throw new TypeError(
    `Cannot create container with file "${wrong}": expected the name of a ` +
      "JSON file of one's own, such as state.json",
  );
}

/** @throws {TypeError} If it is too large to be read by a start. */
export function formatTemplate(template: RuntimeSpec, id: ContainerId): string {
  const text = formatRuntimeSpec(template);
  if (text.length <= MAX_SPEC_SIZE) return text;
  throw new TypeError(
    `Cannot create container "${id}": its command, variables and mounts take ` +
      `${text.length} bytes, at most ${MAX_SPEC_SIZE} are possible`,
  );
}

/**
 * Checks that a pod exists and has this name.
 *
 * @throws {DuplicateNameError} If its ID is another pod's.
 * @throws {InvalidSandboxIdError} If it is not there.
 */
export function checkPod(
  { containers }: WriteLocks,
  { podId, podName, pod = "checked" }: CreateContainerOptions,
): void {
  const infra = findInfra(containers, podId);
  // Its members have its name, too; there may be thousands.
  const members = infra?.podName === podName
    ? [infra]
    : listMembers(containers, podId);
  const other = members.find((member) => member.podName !== podName);
  if (other !== undefined) {
    throw new DuplicateNameError(
      `Cannot create container in pod "${podName}": pod ID "${podId}" ` +
        `belongs to pod "${other.podName}"`,
    );
  }
  if (pod === "unchecked" || members.some((member) => member.pod)) return;
  throw new InvalidSandboxIdError(
    `Cannot create container in pod "${podName}": invalid sandbox ID: there ` +
      `is no pod with ID "${podId}"; create it first`,
  );
}

/** The metadata of a new container. */
export function makeMetadata(
  options: NewContainer,
  { image, name }: FoundImage,
  id: ContainerId,
): ContainerMetadata {
  const { containerName, podId, podName } = options;
  const firstName = image.names?.[0] ?? "";
  return {
    pod: id === podId,
    podName,
    podId,
    imageName: options.imageName || firstName,
    imageId: image.id,
    name: containerName,
    metadataName: options.metadataName || containerName,
    uid: options.uid ?? "",
    namespace: options.namespace ?? "",
    attempt: options.attempt ?? 0,
    createdAt: Math.floor(Date.now() / 1000),
    mountLabel: options.mountLabel ?? "",
    canonicalImageName: name ?? firstName,
  };
}
