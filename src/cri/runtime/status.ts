/** The version and the status of the runtime. */

import type { Abortable } from "../../errors/abort.ts";
import { CommandError } from "../../errors/store_errors.ts";
import { findRuntime } from "../../engine/runtimes/find_runtime.ts";
import { networkStatus } from "../../engine/network/network_status.ts";
import { whyNoUserNamespaces } from "../../engine/sandboxes/user_namespace_support.ts";
import type { MessageInitShape } from "@bufbuild/protobuf";
import project from "../../../deno.json" with { type: "json" };
import { findProgram } from "../../process/find_program.ts";
import {
  CgroupDriver,
  type RuntimeConfigResponseSchema,
  type StatusRequest,
  type StatusResponseSchema,
  type UpdateRuntimeConfigRequest,
  type VersionResponseSchema,
} from "../api/api_pb.js";
import type { CallContext } from "../grpc/service_methods.ts";
import { listHandlers, runtimeOf } from "./handlers.ts";
import type { RuntimeContext } from "./runtime_context.ts";

/** Returns the version. */
export function version(): MessageInitShape<typeof VersionResponseSchema> {
  return {
    // The version of this API: always this one.
    version: "0.1.0",
    runtimeName: "orlop",
    runtimeVersion: project.version,
    runtimeApiVersion: "v1",
  };
}

/** Returns whether pods can be run, and the supported features. */
export async function status(
  context: RuntimeContext,
  { verbose }: StatusRequest,
  { signal }: CallContext,
): Promise<MessageInitShape<typeof StatusResponseSchema>> {
  const { settings } = context;
  const network = await networkStatus(settings.networks, { signal });
  const missing = findMissing(settings.runtime);
  const handlers = await findHandlers(context, { signal });
  return {
    status: {
      conditions: [
        {
          type: "RuntimeReady",
          status: missing === undefined,
          reason: missing === undefined ? "" : "ProgramMissing",
          message: missing ?? "",
        },
        {
          type: "NetworkReady",
          status: network.isReady,
          reason: network.isReady ? "" : "NetworkPluginNotReady",
          message: network.message,
        },
      ],
    },
    runtimeHandlers: handlers.map(toHandler),
    features: { supplementalGroupsPolicy: true, mountOptions: true },
    info: verbose
      ? describe(context, { networks: network.names, handlers })
      : {},
  };
}

interface Handler {
  readonly name: string;
  /** Why its pods cannot have user namespaces; undefined if they can. */
  readonly why: string | undefined;
}

async function findHandlers(
  { agent, settings }: RuntimeContext,
  { signal }: Abortable,
): Promise<readonly Handler[]> {
  return await Promise.all(
    listHandlers(settings).map(async (name) => {
      const runtime = runtimeOf(settings, name);
      try {
        const why = await whyNoUserNamespaces(agent, { runtime, signal });
        return { name, why };
      } catch (error) {
        // The condition of the runtime says what is missing.
        if (error instanceof CommandError) return { name, why: error.message };
        throw error;
      }
    }),
  );
}

function toHandler({ name, why }: Handler) {
  const userNamespaces = why === undefined;
  return { name, features: { recursiveReadOnlyMounts: true, userNamespaces } };
}

/** Returns the cgroup manager, on which kubelet and runtime must agree. */
export function runtimeConfig(
  { settings }: RuntimeContext,
): MessageInitShape<typeof RuntimeConfigResponseSchema> {
  const cgroupDriver = settings.cgroupManager === "systemd"
    ? CgroupDriver.SYSTEMD
    : CgroupDriver.CGROUPFS;
  return { linux: { cgroupDriver } };
}

/** Only logs a node's addresses for pods, as networks are configured by files. */
export function updateRuntimeConfig(
  { agent }: RuntimeContext,
  { runtimeConfig }: UpdateRuntimeConfigRequest,
): Record<never, never> {
  const podCidr = runtimeConfig?.networkConfig?.podCidr ?? "";
  if (podCidr !== "") {
    agent.log("info", `The kubelet gives pods addresses of ${podCidr}`);
  }
  return {};
}

/** A missing program that pods need. */
function findMissing(runtime: string | undefined): string | undefined {
  try {
    findRuntime(runtime);
    findProgram("conmon");
    return undefined;
  } catch (error) {
    if (error instanceof CommandError) return error.message;
    throw error;
  }
}

function describe(
  { agent, settings, streaming }: RuntimeContext,
  { networks, handlers }: {
    readonly networks: readonly string[];
    readonly handlers: readonly Handler[];
  },
): Record<string, string> {
  const { root, runRoot } = agent.store.paths;
  const config = {
    ...{ root, runRoot, networks },
    pauseImage: agent.pauseImage,
    runtime: settings.runtime ?? "",
    cgroupManager: settings.cgroupManager ?? "cgroupfs",
    streaming: streaming.url,
    userNamespaces: Object.fromEntries(
      handlers.map(({ name, why }) => [name, why ?? "supported"]),
    ),
  };
  return { config: JSON.stringify(config) };
}
