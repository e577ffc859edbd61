/** The storage interface of a container runtime: pods and containers. */

import type { Abortable } from "../errors/abort.ts";
import type { ContainerMetadata } from "../formats/storage/container_metadata.ts";
import { type Agent, insideOf } from "./agent.ts";
import {
  getContainerMetadata,
  getRunDir,
  getWorkDir,
  type MetadataChange,
  setContainerMetadata,
} from "./containers/container_metadata.ts";
import { createContainer } from "./containers/create_container.ts";
import {
  deleteContainer,
  type DeleteContainerOptions,
} from "./containers/delete_container.ts";
import { startContainer } from "./containers/start_container.ts";
import type {
  ContainerInfo,
  CreateContainerOptions,
} from "./containers/new_container.ts";
import type { ImageServer } from "./image_server.ts";
import {
  createPodSandbox,
  type CreatePodSandboxOptions,
} from "./pods/create_pod_sandbox.ts";
import {
  removePodSandbox,
  type RemovePodSandboxOptions,
} from "./pods/remove_pod_sandbox.ts";
import {
  stopContainer,
  type StopContainerOptions,
} from "./pods/stop_container.ts";

/**
 * Keeps pods and containers in the store of an image server. All that it
 * knows is in that store, so any number of servers, in any number of
 * processes, can work on the same one.
 *
 * Terms: a *container* is a record, a writable layer on an image's top layer, and
 * two directories: the *work dir*, which survives reboots, and the *run dir*, or
 * *bundle*, which need not. A *pod* is a group of containers with one pod ID, which
 * is the ID of its *infra container*; that one only represents the pod. The
 * *template* in the work dir is the OCI configuration as asked for; from it comes
 * `config.json` in the bundle at each start. *Metadata* is the owner's text about a
 * container; containers of other tools have none of orlop's, and are left alone.
 *
 * Life cycle: `createPodSandbox()`, then `createContainer()` any number of times:
 * nothing is mounted, and nothing runs. `startContainer()` mounts the root, counts
 * one user of the mount, and writes the bundle for an OCI runtime, or for
 * `runContainer()`, to run. `stopContainer()` counts one user less; the last one
 * unmounts. After a reboot nothing is mounted, and a start does it again.
 * `deleteContainer()` unmounts and removes all that was made. `removePodSandbox()`
 * ends the pod. A container whose creation was interrupted is removed by the next
 * call that changes the store.
 *
 * Containers are named by full ID, by name, by the ID of their own layer, or
 * by a unique prefix of their ID.
 *
 * @example
 * ```ts
 * import { ImageServer, openAgent, RuntimeServer } from "orlop";
 * const root = await Deno.makeTempDir();
 * const agent = openAgent({ root, runRoot: `${root}/run` });
 * const runtime = new RuntimeServer(new ImageServer(agent));
 * const { dir } = await runtime.createPodSandbox({
 *   podName: "web",
 *   podId: "web-1",
 *   imageName: agent.pauseImage,
 *   containerName: "web-infra",
 * });
 * console.log(await Deno.readTextFile(`${dir}/config.json`));
 * async function serve(imageName: string): Promise<void> {
 *   const { id } = await runtime.createContainer({
 *     ...{ podName: "web", podId: "web-1", containerName: "app", imageName },
 *   });
 *   const rootDirectory = await runtime.startContainer(id);
 *   console.log("its files are in", rootDirectory);
 *   await runtime.stopContainer(id); // unmounted, and still there
 *   await runtime.deleteContainer(id);
 * }
 * await serve("busybox").catch((error) => console.log(error.message));
 * await runtime.removePodSandbox("web", { members: "refuse" });
 * ```
 */
export class RuntimeServer {
  readonly #agent: Agent;

  /**
   * Makes one that works in the store of an image server.
   *
   * @param images Whose store is used; the server owns none itself.
   * @param pauseImage The image of infra containers; the only image that is pulled
   *   when it is missing. If omitted, the embedded one.
   */
  constructor(images: ImageServer, pauseImage?: string) {
    const agent = insideOf(images.agent);
    this.#agent = pauseImage === undefined ? agent : { ...agent, pauseImage };
  }

  /**
   * Creates a pod: its infra container, whose ID is the pod's.
   *
   * @param options The pod's name and ID, an image, and names for the rest.
   * @throws As {@linkcode RuntimeServer.createContainer}, and what a pull of
   *   the pause image throws.
   */
  createPodSandbox(options: CreatePodSandboxOptions): Promise<ContainerInfo> {
    return createPodSandbox(this.#agent, options);
  }

  /**
   * Removes a pod's infra container. Its other containers are left alone
   * unless the options say otherwise.
   *
   * @param idOrName The pod's.
   * @returns The IDs of what was removed.
   * @throws {InvalidSandboxIdError} If there is no such pod.
   */
  removePodSandbox(
    idOrName: string,
    options?: RemovePodSandboxOptions,
  ): Promise<readonly string[]> {
    return removePodSandbox(this.#agent, idOrName, options);
  }

  /**
   * Reads a container's metadata.
   *
   * @throws {ContainerNotFoundError} If it is unknown.
   * @throws {DamagedFileError} If its metadata does not parse.
   */
  getContainerMetadata(
    idOrName: string,
    options?: Abortable,
  ): Promise<ContainerMetadata> {
    return getContainerMetadata(this.#agent, idOrName, options);
  }

  /**
   * Replaces a container's metadata as a whole.
   *
   * @param change The new metadata, or a function that makes it of the old;
   *   nobody else changes it meanwhile.
   * @throws {ContainerNotFoundError} If the container is unknown.
   * @throws {TypeError} If its pod or its image would change.
   * @throws {PolicyError} If it is another tool's.
   */
  setContainerMetadata(
    idOrName: string,
    change: MetadataChange,
    options?: Abortable,
  ): Promise<ContainerMetadata> {
    return setContainerMetadata(this.#agent, idOrName, { ...options, change });
  }

  /**
   * Creates a container in a pod: record, writable layer, two directories.
   * Nothing is mounted, and nothing runs.
   *
   * @throws {InvalidPodNameError} If the pod's name or ID is malformed.
   * @throws {InvalidImageNameError} If there is neither image name nor ID.
   * @throws {InvalidContainerNameError} If the name is malformed.
   * @throws {ImageNotFoundError} If the image is not in the store.
   * @throws {InvalidSandboxIdError} If there is no such pod.
   * @throws {DuplicateIdError} If the ID is in use.
   * @throws {DuplicateNameError} If the name is in use.
   */
  createContainer(options: CreateContainerOptions): Promise<ContainerInfo> {
    return createContainer(this.#agent, options);
  }

  /**
   * Deletes a container with its layer and directories; it is unmounted first. A
   * running process is an error, unless the options say otherwise.
   *
   * @returns Its ID.
   * @throws {InvalidContainerIdError} If `idOrName` is empty.
   * @throws {ContainerNotFoundError} If it is unknown.
   * @throws {PolicyError} If it is another tool's.
   * @throws {InUseError} If something runs in it, or is mounted in it.
   */
  deleteContainer(
    idOrName: string,
    options?: DeleteContainerOptions,
  ): Promise<string> {
    return deleteContainer(this.#agent, idOrName, options);
  }

  /**
   * Mounts a container's root, and writes the bundle config for a runtime into
   * its run dir. If it is mounted already, one more user is counted.
   *
   * @returns The root directory.
   * @throws {InvalidContainerIdError} If the container is unknown.
   * @throws {DamagedFileError} If its metadata or its template does not parse;
   *   nothing is mounted.
   * @throws {PolicyError} If it is another tool's.
   */
  startContainer(idOrName: string, options?: Abortable): Promise<string> {
    return startContainer(this.#agent, idOrName, options);
  }

  /**
   * Counts one user less of a container's mount; the last one unmounts it, but
   * not under a process that runs.
   *
   * @returns Whether it is unmounted now.
   * @throws {InvalidContainerIdError} If `idOrName` is empty.
   * @throws {ContainerNotFoundError} If it is unknown.
   * @throws {PolicyError} If it is another tool's.
   * @throws {InUseError} If a process runs in it, and is not to be ended.
   */
  stopContainer(
    idOrName: string,
    options?: StopContainerOptions,
  ): Promise<boolean> {
    return stopContainer(this.#agent, idOrName, options);
  }

  /**
   * The directory of a container that survives reboots; made if missing.
   *
   * @throws {InvalidContainerIdError} If the container is unknown.
   */
  getWorkDir(idOrName: string, options?: Abortable): Promise<string> {
    return getWorkDir(this.#agent, idOrName, options);
  }

  /**
   * The directory of a container that a reboot may empty; made if missing.
   *
   * @throws {InvalidContainerIdError} If the container is unknown.
   */
  getRunDir(idOrName: string, options?: Abortable): Promise<string> {
    return getRunDir(this.#agent, idOrName, options);
  }
}
