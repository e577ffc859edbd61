/** What is asked for with a new container, checked and written down. */

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
import type { TemplateOptions } from "./make_template.ts";

/** What a new container is to be. */
export interface CreateContainerOptions extends ContainerIdentity, Abortable {
  /**
   * How an orchestrator calls it; left out, the container's name.
   *
   * @default {the container's name}
   */
  readonly metadataName?: string | undefined;
  /**
   * How often it was created anew; 0 is the default.
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
   * The runtime configuration that each start begins with; left out, one is
   * made from the image's. The path of its root is put in at each start.
   *
   * @default {one made of the image's config}
   */
  readonly template?: RuntimeSpec | undefined;
  /**
   * In what it is to differ from the image's.
   *
   * @default {nothing else}
   */
  readonly settings?: TemplateOptions | undefined;
  /**
   * Texts that lie in its work dir from the moment when it is there, by the name
   * of the file: what its maker has to know of it, however early a kill comes.
   *
   * @default {no further files}
   */
  readonly files?: Readonly<Record<string, string>> | undefined;
  /**
   * Whose its files are: those of a user namespace that its template names.
   *
   * @default {the host's}
   */
  readonly users?: UserMap | undefined;
}

/** A container that was created. */
export interface ContainerInfo {
  /** As given, or invented. */
  readonly id: ContainerId;
  /** Survives reboots. */
  readonly dir: string;
  /** May be emptied by a reboot. */
  readonly runDir: string;
  /** Of the image; undefined if it has none. */
  readonly config: ImageConfig | undefined;
}

/** What a container may be, and a pod's infra container as well. */
export interface NewContainer extends CreateContainerOptions {
  /** How an orchestrator tells a pod from others of its name. */
  readonly uid?: string | undefined;
  /** The orchestrator's. */
  readonly namespace?: string | undefined;
}

/** @throws {SyntaxError} If no runtime could take it. */
export function checkTemplate(
  template: RuntimeSpec,
  id: ContainerId,
): RuntimeSpec {
  return parseRuntimeSpec(
    formatRuntimeSpec(template),
    `template of container "${id}"`,
  );
}

// What a work dir has besides: the template, what was noted of runs.
const FILE_NAME = /^(?!config\.|run\.)[a-z][a-z-]*\.json$/;

/** @throws {TypeError} If a further file of a work dir cannot have its name. */
export function checkFiles(files: CreateContainerOptions["files"] = {}): void {
  const wrong = Object.keys(files).find((name) => !FILE_NAME.test(name));
  if (wrong === undefined) return;
  throw new TypeError(
    `Cannot create container with file "${wrong}": expected the name of a ` +
      "JSON file of one's own, such as state.json",
  );
}

/** @throws {TypeError} If no start could read it again. */
export function formatTemplate(template: RuntimeSpec, id: ContainerId): string {
  const text = formatRuntimeSpec(template);
  if (text.length <= MAX_SPEC_SIZE) return text;
  throw new TypeError(
    `Cannot create container "${id}": its command, variables and mounts take ` +
      `${text.length} bytes, at most ${MAX_SPEC_SIZE} can be written down`,
  );
}

/**
 * A pod has one name, and is there before its members.
 *
 * @throws {DuplicateNameError} If its ID is another pod's.
 * @throws {InvalidSandboxIdError} If it is not there.
 */
export function checkPod(
  { containers }: WriteLocks,
  { podId, podName, pod = "checked" }: CreateContainerOptions,
): void {
  const infra = findInfra(containers, podId);
  // Its members have its name, and may be thousands.
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

/** What its owner notes about a container. */
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
