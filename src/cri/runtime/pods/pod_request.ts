/** Converts a kubelet's request for a pod to the engine's. */

import { fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import type {
  SandboxNamespaces,
  SandboxPort,
  SandboxRequest,
} from "../../../engine/sandboxes/sandbox.ts";
import type { ContainerId } from "../../../formats/storage/store_ids.ts";
import {
  NamespaceMode,
  type PodSandboxConfig,
  PodSandboxConfigSchema,
  type PortMapping,
  Protocol,
} from "../../api/api_pb.js";
import { usersOf } from "../../spec/user_mappings.ts";
import { runtimeOf } from "../handlers.ts";
import { podRecordName } from "../state/kubernetes_names.ts";
import type { RuntimeContext } from "../runtime_context.ts";
import type { CheckedPod } from "./check_pod.ts";

// The default host name is this part of the ID, as in containers.
const SHORT_ID_LENGTH = 12;

/** A pod's request, from that of a kubelet. */
export function toSandboxRequest(
  { settings }: Pick<RuntimeContext, "settings">,
  id: ContainerId,
  { config, metadata, runtimeHandler }: CheckedPod,
): SandboxRequest {
  const { linux, dnsConfig, logDirectory } = config;
  const { $typeName: _, ...names } = metadata;
  return {
    podId: id,
    podName: podRecordName(metadata),
    metadata: names,
    hostname: config.hostname || id.slice(0, SHORT_ID_LENGTH),
    logDirectory: logDirectory || undefined,
    dns: dnsConfig && {
      servers: dnsConfig.servers,
      searches: dnsConfig.searches,
      options: dnsConfig.options,
    },
    ports: config.portMappings.map(toPort),
    namespaces: toNamespaces(config),
    users: usersOf(linux?.securityContext?.namespaceOptions),
    sysctls: linux?.sysctls ?? {},
    cgroupParent: linux?.cgroupParent || undefined,
    labels: config.labels,
    annotations: config.annotations,
    runtimeHandler,
    runtime: runtimeOf(settings, runtimeHandler),
    cgroupManager: settings.cgroupManager,
    networks: settings.networks,
    note: toJson(PodSandboxConfigSchema, config),
  };
}

/** The kubelet's request for an existing pod. */
export function configOf(
  { note }: Pick<SandboxRequest, "note">,
): PodSandboxConfig {
  return fromJson(PodSandboxConfigSchema, note as JsonValue, {
    ignoreUnknownFields: true,
  });
}

function toPort(
  { protocol, containerPort, hostPort, hostIp }: PortMapping,
): SandboxPort {
  return {
    protocol: PROTOCOLS[protocol],
    containerPort,
    hostPort,
    hostIp: hostIp || undefined,
  };
}

const PROTOCOLS = {
  [Protocol.TCP]: "tcp",
  [Protocol.UDP]: "udp",
  [Protocol.SCTP]: "sctp",
} as const;

function toNamespaces({ linux }: PodSandboxConfig): SandboxNamespaces {
  const options = linux?.securityContext?.namespaceOptions;
  const isHosts = (mode: NamespaceMode | undefined) =>
    mode === NamespaceMode.NODE ? "node" : "pod";
  return {
    network: isHosts(options?.network),
    ipc: isHosts(options?.ipc),
    pid: options?.pid === NamespaceMode.CONTAINER
      ? "container"
      : isHosts(options?.pid),
  };
}
