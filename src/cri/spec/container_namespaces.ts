/**
 * The namespaces that a container shares with its pod, another container or the
 * host.
 */

import type { TemplateOptions } from "../../engine/templates/make_template.ts";
import type { JoinedNamespace } from "../../image/namespaces.ts";
import { NamespaceMode, type NamespaceOption } from "../api/api_pb.js";
import type { PodFacts } from "./pod_facts.ts";

/** The namespace settings of a container. */
export type NamespaceSettings = Pick<
  TemplateOptions,
  "network" | "ipc" | "uts" | "pid" | "userNamespace" | "shmDirectory"
>;

/**
 * Decides which namespaces a container joins: those of its pod, except PID.
 *
 * @throws {TypeError} If the pod or the target has none to join.
 */
export function namespaceSettings(
  pod: PodFacts,
  { options, targetPid }: {
    /** The container's own settings; if omitted, the pod's. */
    readonly options: Pick<NamespaceOption, "pid" | "targetId"> | undefined;
    /** The process of the target container. */
    readonly targetPid: number | undefined;
  },
): NamespaceSettings {
  const { network, ipc, uts, user } = pod.namespaces;
  return {
    network: joined(network),
    ipc: joined(ipc),
    uts: joined(uts),
    userNamespace: user === undefined ? undefined : { path: user },
    shmDirectory: pod.shmDirectory,
    pid: options === undefined
      ? podProcesses(pod)
      : processes(pod, options, targetPid),
  };
}

function joined(path: string | undefined): JoinedNamespace | "host" {
  return path === undefined ? "host" : { path };
}

function podProcesses(
  { request, namespaces }: PodFacts,
): NamespaceSettings["pid"] {
  switch (request.namespaces.pid) {
    case "node":
      return "host";
    case "container":
      return "private";
    case "pod":
      return joinedPod(namespaces);
  }
}

function processes(
  pod: PodFacts,
  { pid, targetId }: Pick<NamespaceOption, "pid" | "targetId">,
  targetPid: number | undefined,
): NamespaceSettings["pid"] {
  switch (pid) {
    case NamespaceMode.NODE:
      return "host";
    case NamespaceMode.CONTAINER:
      return "private";
    case NamespaceMode.POD:
      return joinedPod(pod.namespaces);
    case NamespaceMode.TARGET:
      if (targetPid !== undefined) return { path: `/proc/${targetPid}/ns/pid` };
      throw new TypeError(
        `Cannot share processes with container "${targetId}": it does not run`,
      );
  }
  throw new TypeError(`Cannot share processes: mode ${pid} is unknown`);
}

function joinedPod({ pid }: PodFacts["namespaces"]): JoinedNamespace {
  if (pid !== undefined) return { path: pid };
  throw new TypeError(
    "Cannot share processes in the pod: it was created without; each of its " +
      "containers has its own",
  );
}
