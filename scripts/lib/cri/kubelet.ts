/** A kubelet without an API server: it runs the pods of a folder. */

import {
  asArray,
  asObject,
  type JsonObject,
} from "../../../src/formats/json.ts";
import type { Place } from "./crictl.ts";
import { endProcess, spawnLogged } from "./logged_process.ts";
import { within } from "./within.ts";

/** A running kubelet. */
export interface Kubelet extends AsyncDisposable {
  /** Where it looks for manifests. */
  readonly manifests: string;
  /** Where it keeps the logs of pods. */
  readonly logs: string;
  /** Its last warnings and errors. */
  tail(): Promise<string>;
  /** What it knows of a pod, by the name in its manifest. */
  pod(name: string): Promise<KubeletPod>;
}

/** A pod as the kubelet sees it. */
export interface KubeletPod {
  readonly uid: string;
  readonly isReady: boolean;
  readonly ip: string;
  readonly containers: ReadonlyMap<string, KubeletContainer>;
}

/** A container as the kubelet sees it. */
export interface KubeletContainer {
  readonly id: string;
  readonly restarts: number;
  readonly isReady: boolean;
  readonly state: JsonObject;
}

const COMPLAINTS = 5;
const START_SECONDS = 60;
// Its own, below which a socket's path has to be short.
const FOLDER = "/run/kubelet";
const LOGS = "/var/log/pods";
const READ_ONLY_PORT = 10255;
const HEALTH_PORT = 10248;

/**
 * Starts the kubelet on a runtime, and waits until it is healthy.
 *
 * @throws {Error} If it does not come up, with what it said last.
 */
export async function startKubelet(
  { node, runtime }: Place,
): Promise<Kubelet> {
  const manifests = `${node.directory}/manifests`;
  const log = `${node.directory}/kubelet.log`;
  const config = `${node.directory}/kubelet.json`;
  await Deno.mkdir(manifests);
  await Deno.mkdir(LOGS, { recursive: true });
  await Deno.writeTextFile(
    config,
    JSON.stringify({
      ...{ ...settings, staticPodPath: manifests },
      containerRuntimeEndpoint: runtime.endpoint,
    }),
  );
  const child = spawnLogged([
    ...[`${node.programs}/kubelet`, "--config", config],
    ...["--root-dir", FOLDER, "--cert-dir", `${FOLDER}/pki`],
    ...["--hostname-override", "node"],
  ], { log });
  const stop = () => endProcess(child, "SIGKILL");
  try {
    await within(START_SECONDS, () => get(HEALTH_PORT, "/healthz"));
  } catch (error) {
    await stop();
    throw new Error(`Cannot start the kubelet:\n${await readComplaints(log)}`, {
      cause: error,
    });
  }
  return {
    ...{ manifests, logs: LOGS, pod },
    tail: () => readComplaints(log),
    [Symbol.asyncDispose]: stop,
  };
}

/** Warnings and errors, by the first letter of a line. */
async function readComplaints(log: string): Promise<string> {
  const lines = (await Deno.readTextFile(log)).trim().split("\n");
  return lines.filter((line) => /^[EWF]\d/.test(line)).slice(-COMPLAINTS)
    .join("\n");
}

const settings = {
  apiVersion: "kubelet.config.k8s.io/v1beta1",
  kind: "KubeletConfiguration",
  ...{ address: "127.0.0.1", readOnlyPort: READ_ONLY_PORT },
  authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
  authorization: { mode: "AlwaysAllow" },
  ...{ cgroupDriver: "cgroupfs", failSwapOn: false, failCgroupV1: false },
  // A lower score takes CAP_SYS_RESOURCE, which not every machine gives to root.
  oomScoreAdj: 0,
  podLogsDir: LOGS,
  fileCheckFrequency: "1s",
  // No pod is to go because the machine's disk is full.
  evictionHard: { "memory.available": "0%", "nodefs.available": "0%" },
  mergeDefaultEvictionSettings: false,
};

async function get(port: number, path: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    signal: AbortSignal.timeout(5000),
  });
  const text = await response.text();
  if (response.ok) return text;
  throw new Error(`Cannot get "${path}": ${response.status} ${text}`);
}

async function pod(name: string): Promise<KubeletPod> {
  const list = asObject(
    JSON.parse(await get(READ_ONLY_PORT, "/pods")),
    "the kubelet's pods",
  );
  const found = asArray(list["items"] ?? [], "pods")
    .map((one) => asObject(one, "a pod"))
    .find((one) =>
      String(asObject(one["metadata"], "metadata")["name"]) === `${name}-node`
    );
  if (found === undefined) {
    throw new Error(`Cannot find pod "${name}" at the kubelet`);
  }
  return readPod(found);
}

function readPod(value: JsonObject): KubeletPod {
  const status = asObject(value["status"] ?? {}, "a status");
  const list = (key: string) =>
    asArray(status[key] ?? [], key).map((one) => asObject(one, key));
  const containers = [
    ...list("initContainerStatuses"),
    ...list("containerStatuses"),
  ];
  return {
    uid: String(asObject(value["metadata"], "metadata")["uid"]),
    isReady: list("conditions").some(({ type, status }) =>
      type === "Ready" && status === "True"
    ),
    ip: String(status["podIP"] ?? ""),
    containers: new Map(containers.map((one) => [String(one["name"]), {
      id: String(one["containerID"] ?? "").replace(/^.*:\/\//, ""),
      restarts: Number(one["restartCount"] ?? 0),
      isReady: one["ready"] === true,
      state: asObject(one["state"] ?? {}, "a state"),
    }])),
  };
}
