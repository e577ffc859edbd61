/** PullImage: resolves a pod's image, and decides where credentials are sent. */

import type { Agent } from "../../engine/agent.ts";
import { RegistryError } from "../../errors/image_errors.ts";
import {
  isShortName,
  nameOf,
  parseReference,
} from "../../formats/oci/reference.ts";
import { hasTransport } from "../../formats/oci/transport_reference.ts";
import type { ImageId } from "../../formats/storage/store_ids.ts";
import { loadRegistriesConf } from "../../registry/config/load_registries_conf.ts";
import { candidatesFor } from "../../registry/config/short_names.ts";
import type { AuthConfig } from "../api/api_pb.js";
import { GRPC_CODE, GrpcError } from "../grpc/grpc_error.ts";
import type { Log } from "../../engine/agent.ts";
import { readAuth } from "./read_auth.ts";
import type { SharedPulls } from "./shared_pulls.ts";

/** What a pull needs. */
export interface PodPulls {
  readonly agent: Agent;
  readonly pulls: Pick<SharedPulls, "pull">;
  readonly log: Log;
}

/** What is asked for. */
export interface PodPull {
  /** The image as the pod names it. */
  readonly image: string;
  /** The pod's pull secret. */
  readonly auth: AuthConfig | undefined;
  /** Aborts it, unless others wait for the same pull. */
  readonly signal: AbortSignal;
}

/**
 * Pulls a pod's image.
 *
 * @throws {SyntaxError} If the name or the credentials are malformed.
 * @throws {GrpcError} If the registry cannot be reached, in a kubelet's words.
 * @throws As `pullImage()`.
 */
export async function pullForPod(
  { agent, pulls, log }: PodPulls,
  { image, auth, signal }: PodPull,
): Promise<ImageId> {
  const begunMs = performance.now();
  const name = registryName(image);
  const credentials = readAuth(auth, name);
  const isSafe = credentials === undefined || await isSent(agent, name, auth);
  if (!isSafe) {
    log("warn", "not using credentials: they are for docker.io", { image });
  }
  try {
    const { imageId } = await pulls.pull({
      name,
      credentials: isSafe ? credentials : undefined,
      signal,
    });
    const ms = Math.round(performance.now() - begunMs);
    log("info", "pulled an image", { image, id: imageId, ms });
    return imageId;
  } catch (error) {
    throw inWordsOfKubelet(error);
  }
}

/**
 * Pods get images from registries only: a name that could also refer to a folder or
 * an archive of this machine refers to a registry.
 *
 * @throws {SyntaxError} If it is malformed.
 */
function registryName(name: string): string {
  const reference = parseReference(name);
  return hasTransport(name) ? nameOf(reference) : name;
}

/**
 * Whether credentials may be sent. A kubelet finds those of a short name under
 * docker.io; registries.conf may resolve it to another registry.
 */
async function isSent(
  { registries }: Agent,
  name: string,
  auth: AuthConfig | undefined,
): Promise<boolean> {
  if (!isShortName(name) || auth?.serverAddress) return true;
  const conf = await loadRegistriesConf(registries);
  return candidatesFor(name, conf).every(({ domain }) => domain === HUB);
}

const HUB = "docker.io";

// The text by which a kubelet explains why a pod waits: cri-api, pkg/errors. It
// strips the code from a message only if that is UNKNOWN.
const REGISTRY_UNAVAILABLE = "RegistryUnavailable";

function inWordsOfKubelet(error: unknown): unknown {
  const isDown = error instanceof RegistryError &&
    (error.reason === "unreachable" || error.status >= 500);
  if (!isDown) return error;
  const message = `${REGISTRY_UNAVAILABLE}: ${error.message}`;
  return new GrpcError(GRPC_CODE.unknown, message, { cause: error });
}
