/** Checks what a kubelet asks for with a new container, before anything is made. */

import { isAbsolute, join, normalize } from "@std/path";
import type {
  ContainerConfig,
  ContainerMetadata,
  CreateContainerRequest,
  ImageSpec,
} from "../../api/api_pb.js";
import { checkPart, refuse } from "../state/check_text.ts";

/** A valid request for a container. */
export interface CheckedContainer {
  readonly config: ContainerConfig;
  readonly metadata: ContainerMetadata;
  readonly image: ImageSpec;
}

/** @throws {TypeError} If it is invalid. */
export function checkContainer(
  { config }: CreateContainerRequest,
): CheckedContainer {
  const metadata = config?.metadata;
  if (config === undefined || metadata === undefined) {
    refuse("container", "", "it has no metadata");
  }
  const { name } = metadata;
  if (name === "") refuse("container", name, "it has no name");
  checkPart("container name", name);
  const { image } = config;
  if (image === undefined || image.image === "") {
    refuse("container", name, "it has no image");
  }
  checkPart("image", image.image);
  return { config, metadata, image };
}

/**
 * Where a container's log is; undefined if it is to have none.
 *
 * @param directory The pod's.
 * @param path Below it.
 * @throws {TypeError} If it would be elsewhere.
 */
export function logPathOf(
  directory: string | undefined,
  path: string,
): string | undefined {
  if (path === "" || directory === undefined || directory === "") {
    return undefined;
  }
  checkPart("log path", path);
  const plain = normalize(path);
  if (isAbsolute(path) || plain.split("/").includes("..")) {
    refuse("log path", path, "it is outside its pod's log directory");
  }
  return join(directory, plain);
}
