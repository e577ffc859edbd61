/** Finds what pods and containers leave behind on a node. */

import { existsSync } from "node:fs";
import { run } from "../../../tests/support/servers/registry_server.ts";
import { listObjects, type Place } from "./crictl.ts";
import { BRIDGE } from "./node.ts";

/**
 * Lists mounts, links, addresses, rules, processes, cgroups and records of a node,
 * a line each. Before the first pod there are some, after the last one should be
 * no others.
 */
export async function listTraces(place: Place): Promise<ReadonlySet<string>> {
  return new Set([
    ...await listMounts(),
    ...await listLinks(),
    ...listAddresses(place.node.directory),
    ...await listRules(),
    ...await listProcesses(),
    ...await listCgroups(),
    ...await listRecords(place),
    ...await listFiles(place),
  ]);
}

/** What is there now, and was not before. */
export async function findLeftovers(
  place: Place,
  before: ReadonlySet<string>,
): Promise<readonly string[]> {
  return [...await listTraces(place)].filter((trace) => !before.has(trace));
}

async function listMounts(): Promise<readonly string[]> {
  const table = await Deno.readTextFile("/proc/self/mountinfo");
  return table.trim().split("\n").map((line) => {
    const [, , , , target = ""] = line.split(" ");
    return `mount ${target}`;
  });
}

async function listLinks(): Promise<readonly string[]> {
  const links = await run("ip", "-oneline", "link");
  return links.trim().split("\n").map((line) => line.split(": ")[1] ?? "")
    .map((name) => name.replace(/@.*/, ""))
    .filter((name) => name !== BRIDGE)
    .map((name) => `link ${name}`);
}

function listAddresses(directory: string): readonly string[] {
  const folder = `${directory}/addresses/node`;
  if (!existsSync(folder)) return [];
  return Array.from(Deno.readDirSync(folder), ({ name }) => name)
    .filter((name) => /^[0-9a-f.:]+$/.test(name))
    .map((name) => `address ${name}`);
}

/** Chains of pods: those of the plugins themselves stay. */
async function listRules(): Promise<readonly string[]> {
  const rules = await run("iptables-save");
  return [...rules.matchAll(/^:(CNI-(?:DN-)?[0-9a-f]+) /gm)]
    .map(([, chain]) => `iptables chain ${chain}`);
}

async function listProcesses(): Promise<readonly string[]> {
  const table = await run("ps", "-e", "-o", "pid=,stat=,comm=");
  return table.trim().split("\n").map((line) => line.trim().split(/\s+/))
    .filter(([, , name = ""]) =>
      /^(conmon|runc|pause|sleep|top|sh|nginx|tail|containerd-shim)/.test(name)
    )
    .map(([pid, state, name]) => `process ${name} ${pid} ${state}`);
}

async function listCgroups(): Promise<readonly string[]> {
  const found = await run(
    "find",
    "/sys/fs/cgroup",
    "-mindepth",
    "1",
    "-type",
    "d",
  );
  return found.trim().split("\n").map((path) => `cgroup ${path}`);
}

async function listRecords(place: Place): Promise<readonly string[]> {
  const [pods, containers] = await Promise.all([
    listObjects(place, "pods"),
    listObjects(place, "ps"),
  ]);
  return [
    ...pods.map(({ id, state }) => `pod ${id} ${state}`),
    ...containers.map(({ id, state }) => `container ${id} ${state}`),
  ];
}

/**
 * Folders and files of containers, which a store may have without a record.
 * Locks of pulls do not count: the next process that opens the store removes
 * them.
 */
async function listFiles({ runtime }: Place): Promise<readonly string[]> {
  const folders = [`${runtime.root}/overlay-containers`, "/run/orlop"]
    .filter((folder) => existsSync(folder));
  if (folders.length === 0) return [];
  const found = await run(
    "find",
    ...folders,
    "-mindepth",
    "1",
    "-maxdepth",
    "4",
  );
  return found.trim().split("\n")
    .filter((path) => /[0-9a-f]{64}/.test(path) && !path.includes("/pulls/"))
    .map((path) => `file ${path}`);
}
