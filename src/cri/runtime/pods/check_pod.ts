/** Checks what a kubelet asks for with a new pod, before anything is made. */

import { isAbsolute, normalize } from "@std/path";
import {
  NamespaceMode,
  type PodSandboxConfig,
  type PodSandboxMetadata,
  Protocol,
  type RunPodSandboxRequest,
} from "../../api/api_pb.js";
import { usersOf } from "../../spec/user_mappings.ts";
import { checkPart, refuse } from "../state/check_text.ts";

/** A valid request for a pod. */
export interface CheckedPod {
  readonly config: PodSandboxConfig;
  readonly metadata: PodSandboxMetadata;
  /** `""` for the default runtime. */
  readonly runtimeHandler: string;
}

/** @throws {TypeError} If it is invalid. */
export function checkPod(
  { config, runtimeHandler }: RunPodSandboxRequest,
  handlers: readonly string[],
): CheckedPod {
  const metadata = config?.metadata;
  if (config === undefined || metadata === undefined) {
    refuse("pod", "", "it has no metadata");
  }
  const { name, namespace, uid } = metadata;
  if (name === "") refuse("pod", name, "it has no name");
  checkPart("pod name", name);
  checkPart("pod namespace", namespace);
  checkPart("pod UID", uid);
  checkPart("host name", config.hostname);
  checkDirectory(config.logDirectory);
  checkNamespaces(config);
  checkProtocols(config);
  if (!handlers.includes(runtimeHandler)) {
    const known = handlers.filter((handler) => handler !== "");
    refuse(
      "pod",
      name,
      `there is no runtime handler "${runtimeHandler.slice(0, 80)}"; known ` +
        `are ${known.map((handler) => `"${handler}"`).join(", ")}`,
    );
  }
  return { config, metadata, runtimeHandler };
}

function checkDirectory(path: string): void {
  if (path === "") return;
  checkPart("log directory", path);
  // A kubelet's path sometimes ends with a slash.
  const plain = path.replace(/(?<=.)\/+$/, "");
  if (isAbsolute(path) && normalize(plain) === plain) return;
  refuse("log directory", path, "its path is not absolute, or not plain");
}

function checkNamespaces({ linux, metadata }: PodSandboxConfig): void {
  const options = linux?.securityContext?.namespaceOptions;
  if (options === undefined) return;
  const name = metadata?.name ?? "";
  const { network, ipc, pid } = options;
  const isShared = [NamespaceMode.POD, NamespaceMode.NODE];
  if (!isShared.includes(network)) {
    refuse("pod", name, "its network is neither its own nor the host's");
  }
  if (!isShared.includes(ipc)) {
    refuse("pod", name, "its IPC namespace is neither its own nor the host's");
  }
  if (![...isShared, NamespaceMode.CONTAINER].includes(pid)) {
    refuse(
      "pod",
      name,
      "its PID namespace is neither its own, nor a container's each, nor the " +
        "host's",
    );
  }
  if (usersOf(options) === undefined) return;
  if ([network, ipc, pid].includes(NamespaceMode.NODE)) {
    refuse(
      "pod",
      name,
      "with its own user namespace it cannot share the host's network, IPC or processes",
    );
  }
}

/** Refuses protocols of newer kubelets. */
function checkProtocols({ portMappings, metadata }: PodSandboxConfig): void {
  for (const { protocol } of portMappings) {
    if (Protocol[protocol] !== undefined) continue;
    const name = metadata?.name ?? "";
    refuse("pod", name, `protocol ${protocol} of one of its ports is unknown`);
  }
}
