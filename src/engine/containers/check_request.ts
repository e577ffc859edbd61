/** Checks the request for a new container, before anything is changed. */

import {
  InvalidContainerNameError,
  InvalidImageNameError,
  InvalidPodNameError,
} from "../../errors/naming_errors.ts";
import { InvalidContainerIdError } from "../../errors/not_found_errors.ts";
import {
  findIdProblem,
  findNameProblem,
} from "../../formats/storage/container_names.ts";
import type { WantedImage } from "../images/find_image.ts";

/** What names a container and its pod. */
export interface ContainerIdentity extends WantedImage {
  /** The same for all containers of a pod. */
  readonly podName: string;
  /** The ID of the pod's infra container. */
  readonly podId: string;
  /** Unique in the store. */
  readonly containerName: string;
  /**
   * Left out or `""`, one is invented.
   *
   * @default {a random one}
   */
  readonly containerId?: string | undefined;
}

// Longer values are cut in messages.
const MAX_SHOWN = 80;

/**
 * Checks pod, then image, then container; the first error is thrown.
 *
 * @throws {InvalidPodNameError} For the pod's name or ID.
 * @throws {InvalidImageNameError} If there is neither name nor ID.
 * @throws {InvalidContainerNameError} For the container's name.
 * @throws {InvalidContainerIdError} For the container's ID.
 */
export function checkRequest(request: ContainerIdentity): void {
  const { podName, podId, imageName, imageId } = request;
  const { containerName, containerId = "" } = request;
  check("pod name", podName, InvalidPodNameError);
  checkId("pod ID", podId, InvalidPodNameError);
  if (!imageName && !imageId) {
    throw new InvalidImageNameError(
      `Cannot create container "${containerName.slice(0, MAX_SHOWN)}": ` +
        `invalid image name "": neither a name nor an ID is given`,
    );
  }
  checkContainerName(containerName);
  if (containerId === "") return;
  checkId("container ID", containerId, InvalidContainerIdError);
}

/** @throws {InvalidContainerNameError} If it is not valid. */
export function checkContainerName(name: string): void {
  check("container name", name, InvalidContainerNameError);
}

type Invalid = new (message: string) => Error;

function check(what: string, value: string, Invalid: Invalid): void {
  refuse(findNameProblem(value), { what, value, Invalid });
}

function checkId(what: string, value: string, Invalid: Invalid): void {
  refuse(findIdProblem(value), { what, value, Invalid });
}

function refuse(
  problem: string | undefined,
  { what, value, Invalid }: {
    readonly what: string;
    readonly value: string;
    readonly Invalid: Invalid;
  },
): void {
  if (problem === undefined) return;
  const shown = value.slice(0, MAX_SHOWN);
  throw new Invalid(
    `Cannot create container: invalid ${what} "${shown}": ${problem}`,
  );
}
