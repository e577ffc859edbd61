import { assert, assertEquals } from "@std/assert";
import { RuntimeService } from "../../../src/cri/api/api_pb.js";
import { sleep } from "../../../src/errors/abort.ts";
import {
  type CriNode,
  IMAGE_MOUNT,
  NODE_NEEDS,
  startNode,
} from "../../support/nodes/cri_node.ts";
import { seededRandom } from "../../support/seeded.ts";

const { method } = RuntimeService;

// More of them take minutes: ORLOP_KILLS=20 ORLOP_KILL_PODS=10.
const KILLS = Number(Deno.env.get("ORLOP_KILLS") ?? 8);
const PODS_AT_ONCE = Number(Deno.env.get("ORLOP_KILL_PODS") ?? 3);
// A pod with a container is made and removed in this time, more or less.
const MAX_DELAY_MS = 500 * PODS_AT_ONCE;
const random = seededRandom("runtime_kill_test");

/** What requests were answered by, and is to be there whatever was killed. */
interface Acknowledged {
  readonly pods: Set<string>;
  readonly containers: Set<string>;
  /** All containers that ever were. */
  readonly ever: Set<string>;
}

Deno.test(
  "RuntimeService leaves nothing behind, whenever it is killed",
  NODE_NEEDS,
  async () => {
    await using node = await startNode();
    const known: Acknowledged = {
      ...{ pods: new Set(), containers: new Set(), ever: new Set() },
    };
    for (let kill = 0; kill < KILLS; kill++) {
      const lives = Array.from(
        { length: PODS_AT_ONCE },
        (_, index) => live(node, `pod-${kill}-${index}`, known),
      );
      await sleep(random() * MAX_DELAY_MS);
      await node.restart("SIGKILL");
      await Promise.all(lives);
      await checkKnown(node, known);
      // What was made to the half is to be no burden for the rest.
      if (kill % 3 === 2) await removeKnown(node, known);
    }
    await node.removeAll();
    assertEquals(await findLeft(node, known), []);
  },
);

/** A pod's life; it ends with the daemon. */
async function live(
  node: CriNode,
  name: string,
  { pods, containers, ever }: Acknowledged,
): Promise<void> {
  const { client } = node;
  try {
    const podSandboxId = await node.runPod(name);
    pods.add(podSandboxId);
    const containerId = await node.create(podSandboxId, "app", {
      changes: {
        mounts: [IMAGE_MOUNT],
      },
    });
    containers.add(containerId);
    ever.add(containerId);
    await client.call(method.startContainer, { containerId });
    containers.delete(containerId); // whether it is still there or not
    await client.call(method.stopContainer, { containerId });
    await client.call(method.removeContainer, { containerId });
    pods.delete(podSandboxId);
    await client.call(method.stopPodSandbox, { podSandboxId });
    await client.call(method.removePodSandbox, { podSandboxId });
  } catch {
    // The daemon was killed.
  }
}

async function checkKnown(
  { client }: CriNode,
  known: Acknowledged,
): Promise<void> {
  const { items } = await client.call(method.listPodSandbox, {});
  const { containers } = await client.call(method.listContainers, {});
  const pods = new Set(items.map(({ id }) => id));
  const ids = new Set(containers.map(({ id }) => id));
  for (const id of known.pods) assert(pods.has(id), `pod "${id}" is lost`);
  for (const id of known.containers) assert(ids.has(id), `"${id}" is lost`);
}

async function removeKnown(node: CriNode, known: Acknowledged): Promise<void> {
  await node.removeAll();
  known.pods.clear();
  known.containers.clear();
}

/** Whatever is left of pods and containers on this machine. */
async function findLeft(
  node: CriNode,
  { ever }: Acknowledged,
): Promise<readonly string[]> {
  const { path } = node.dir;
  const mounts = (await output("findmnt", "-rno", "TARGET")).split("\n")
    .filter((target) => target.startsWith(path) && target !== `${path}/run`);
  const processes = (await output("ps", "-eo", "args")).split("\n")
    .filter((line) => /^\S*conmon /.test(line) && line.includes(`${path}/`));
  const rules = (await output("iptables-save", "-t", "nat")).split("\n")
    .filter((line) => line.includes(node.network));
  const leases = list(node.dir.join("leases", node.network))
    .filter((path) => /\/[\d.]+$/.test(path));
  const runRoot = node.dir.join("runroot", "orlop");
  const folders = ["exits", "sandboxes", "runtimes/runc"]
    .flatMap((name) => list(`${runRoot}/${name}`));
  const cgroups = (await output("find", "/sys/fs/cgroup", "-type", "d"))
    .split("\n").filter((path) => ever.has(path.split("/").at(-1) ?? ""));
  const records = await node.orlop("ps", "-aq");
  const check = await node.orlop("check", "--full");
  return [
    ...mounts.filter((target) => !target.endsWith("/overlay")),
    ...processes,
    ...rules,
    ...leases,
    ...folders,
    ...cgroups,
    ...records.out.split("\n").filter((line) => line !== ""),
    ...check.code === 0 ? [] : [check.out, check.err],
  ];
}

function list(path: string): readonly string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => `${path}/${name}`);
  } catch {
    return []; // there never was any
  }
}

async function output(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(program, { args }).output();
  return new TextDecoder().decode(stdout);
}
