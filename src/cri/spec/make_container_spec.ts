/** Makes the OCI configuration of a container that a kubelet asks for. */

import { create } from "@bufbuild/protobuf";
import type { Abortable } from "../../errors/abort.ts";
import type { Agent } from "../../engine/agent.ts";
import { findActivity } from "../../engine/containers/container_status.ts";
import { removeImageVolumes } from "../../engine/containers/image_volumes.ts";
import { readMetadata } from "../../engine/container_owner.ts";
import {
  makeTemplate,
  NO_DEFAULTS,
  type TemplateOptions,
} from "../../engine/templates/make_template.ts";
import { findWantedImage } from "../../engine/images/find_image.ts";
import { readConfig } from "../../engine/images/list_images.ts";
import { loadShortNames } from "../../engine/images/short_names.ts";
import { MOUNT_LOCKS } from "../../engine/mounts/mount_counts.ts";
import { managerOf } from "../../engine/sandboxes/sandbox_cgroups.ts";
import { parseDeviceName } from "../../formats/cdi/device_name.ts";
import type { RuntimeSpec } from "../../formats/oci/runtime_spec.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { type CgroupManager, cgroupsPathOf } from "../../image/cgroups_path.ts";
import { findContainer } from "../../store/find_container.ts";
import {
  type ContainerConfig,
  LinuxContainerResourcesSchema,
  type LinuxContainerSecurityContext,
  LinuxContainerSecurityContextSchema,
  NamespaceMode,
} from "../api/api_pb.js";
import { listDevices } from "./container_devices.ts";
import { limitSettings, oomScoreOf } from "./container_limits.ts";
import { podFiles, readMount, type WantedMount } from "./container_mounts.ts";
import { namespaceSettings } from "./container_namespaces.ts";
import { processSettings } from "./container_process.ts";
import {
  chooseApparmor,
  chooseSeccomp,
  securitySettings,
} from "./container_security.ts";
import { checkUsers } from "./user_mappings.ts";
import { userSettings } from "./container_user.ts";
import { harmlessAnnotations } from "./harmless_annotations.ts";
import { checkApparmor, loadSeccomp } from "./load_profiles.ts";
import type { PodFacts } from "./pod_facts.ts";
import { resolveMounts } from "./resolve_mounts.ts";

/** Options of a container's configuration. */
export interface ContainerSpecOptions extends Abortable {
  /** The ID of the container, which need not exist yet. */
  readonly id: ContainerId;
  readonly config: ContainerConfig;
  readonly sandbox: PodFacts;
  /**
   * The image by name or ID; an ID if the container is created from it afterwards.
   *
   * @default {the one that the config names}
   */
  readonly image?: string | undefined;
  /**
   * Who makes cgroups.
   *
   * @default {as the pod says}
   */
  readonly cgroupManager?: CgroupManager | undefined;
}

/**
 * Makes a container's configuration, for `createContainer({ template })`. Invalid
 * requests are refused before anything is made. Missing directories of the host are
 * made, and image volumes are mounted: `removeImageVolumes()` removes these with
 * the container.
 *
 * @throws {TypeError} If a setting is invalid, or a resource is not on this
 * machine.
 * @throws {NotFoundError} If an image or container is not in the store.
 * @throws {CommandError} If a path of the host cannot be made.
 */
export async function makeContainerSpec(
  agent: Agent,
  options: ContainerSpecOptions,
): Promise<RuntimeSpec> {
  const { id, config, signal } = options;
  const mounts = config.mounts.map(readMount);
  const settings = await settle(agent, options, mounts);
  try {
    return await build(agent, options, { settings, mounts });
  } catch (error) {
    // Cleanup is not aborted.
    await removeImageVolumes(agent, id);
    signal?.throwIfAborted();
    throw error;
  }
}

/** All checks before anything is made, or the image is read. */
async function settle(
  agent: Agent,
  { id, config, sandbox, cgroupManager, signal }: ContainerSpecOptions,
  mounts: readonly WantedMount[],
): Promise<TemplateOptions> {
  const context = contextOf(config);
  const { privileged, readonlyRootfs, namespaceOptions } = context;
  const resources = config.linux?.resources ??
    create(LinuxContainerResourcesSchema);
  checkSupported(config, sandbox);
  checkApparmor(agent, chooseApparmor(context));
  const targetPid = await findTarget(agent, config, { sandbox, signal });
  const { hostname, cgroupParent } = sandbox.request;
  return {
    ...userSettings(context),
    ...namespaceSettings(sandbox, { options: namespaceOptions, targetPid }),
    // Checked without the image's part.
    ...processSettings(config, { Env: [] }),
    // If omitted, it is the host's, of a pod that shares its names.
    ...sandbox.namespaces.uts !== undefined && { hostname },
    files: [],
    volumes: podFiles(sandbox, {
      targets: mounts.map(({ target }) => target),
      access: readonlyRootfs ? "read-only" : "read-write",
    }),
    readOnlyRoot: readonlyRootfs,
    security: {
      ...securitySettings(context),
      seccomp: loadSeccomp(agent, chooseSeccomp(context)),
    },
    limits: limitSettings(resources),
    oomScoreAdj: oomScoreOf(resources),
    devices: await listDevices(agent.host, config.devices, {
      privileged,
      signal,
    }),
    describedDevices: { names: deviceNames(config) },
    cgroupsPath: cgroupsPathOf(id, {
      parent: cgroupParent,
      manager: cgroupManager ?? managerOf(sandbox.request),
    }),
    annotations: {
      ...harmlessAnnotations(config.annotations),
      "io.kubernetes.cri.container-type": "container",
      "io.kubernetes.cri.sandbox-id": sandbox.id,
    },
  };
}

async function build(
  agent: Agent,
  options: ContainerSpecOptions,
  { settings, mounts }: {
    readonly settings: TemplateOptions;
    readonly mounts: readonly WantedMount[];
  },
): Promise<RuntimeSpec> {
  const { id, config, sandbox, signal } = options;
  const wanted = { imageName: options.image ?? config.image?.image ?? "" };
  const conf = await loadShortNames(agent, [wanted.imageName], { signal });
  const volumes = await resolveMounts(agent, mounts, {
    ...{ id, pod: sandbox, signal },
  });
  const locks = { ...MOUNT_LOCKS, images: "read" } as const;
  using held = await agent.store.lock(locks, { signal });
  const { image } = findWantedImage(held.images, wanted, conf);
  const imageConfig = readConfig(agent, image);
  const defaults = imageConfig?.config ?? NO_DEFAULTS;
  return await makeTemplate(agent, held, {
    containerId: id,
    image,
    config: imageConfig,
    settings: {
      ...settings,
      ...processSettings(config, defaults),
      volumes: [...settings.volumes ?? [], ...volumes],
    },
    signal,
  });
}

// How a kubelet named devices before the message had a field for them.
const DEVICES = "cdi.k8s.io/";

/** Devices of CDI; what is malformed is refused before anything is made. */
function deviceNames(
  { CDIDevices, annotations }: ContainerConfig,
): readonly string[] {
  const noted = Object.entries(annotations)
    .filter(([key]) => key.startsWith(DEVICES))
    .flatMap(([, value]) => value.split(",").map((name) => name.trim()));
  const names = [...CDIDevices.map(({ name }) => name), ...noted];
  for (const name of names) parseDeviceName(name);
  return names;
}

/** Without a context there is no seccomp, and all else is default. */
function contextOf(config: ContainerConfig): LinuxContainerSecurityContext {
  return config.linux?.securityContext ??
    create(LinuxContainerSecurityContextSchema);
}

/** @throws {TypeError} If an unsupported feature is requested. */
function checkSupported(
  config: ContainerConfig,
  { request: { users } }: PodFacts,
): void {
  checkUsers(contextOf(config).namespaceOptions, users);
}

/**
 * The process of the target container.
 *
 * @returns Undefined if there is no target, or it does not run.
 * @throws {ContainerNotFoundError} If it is not there.
 */
async function findTarget(
  agent: Agent,
  config: ContainerConfig,
  { sandbox, signal }: Abortable & { readonly sandbox: PodFacts },
): Promise<number | undefined> {
  const { namespaceOptions } = contextOf(config);
  if (namespaceOptions?.pid !== NamespaceMode.TARGET) return undefined;
  const { targetId } = namespaceOptions;
  const record = await findRecord();
  if (readMetadata(record)?.podId !== sandbox.id) {
    throw new TypeError(
      `Cannot share processes with container "${targetId}": it is in another ` +
        "pod",
    );
  }
  return (await findActivity(agent, record.id, { signal })).process?.pid;

  async function findRecord() {
    using held = await agent.store.lock({ containers: "read" }, { signal });
    return findContainer(held.containers, targetId);
  }
}
