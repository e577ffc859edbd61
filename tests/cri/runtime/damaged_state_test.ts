/** What a daemon makes of files that were damaged while it did not run. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { RuntimeService } from "../../../src/cri/api/api_pb.js";
import { lstatIfThere } from "../../../src/fs/if_there.ts";
import {
  type CriNode,
  NODE_NEEDS,
  startNode,
} from "../../support/nodes/cri_node.ts";
import { NO_FILES } from "../../support/damaged_file.ts";

const { method } = RuntimeService;
const [RUNNING, UNKNOWN] = [1, 3];

/** What there may be in place of a file, made of the text that was there. */
const DAMAGE: Readonly<Record<string, (path: string, text: string) => void>> = {
  "an empty file": (path) => Deno.writeTextFileSync(path, ""),
  "half of it": (path, text) => {
    Deno.writeTextFileSync(path, text.slice(0, text.length / 2));
  },
  "NULs": (path, text) => {
    Deno.writeTextFileSync(path, "\0".repeat(text.length));
  },
  "another value": (path) => Deno.writeTextFileSync(path, "[]"),
  "a newer orlop's": (path, text) => {
    Deno.writeTextFileSync(path, text.replace('"schema":1', '"schema":2'));
  },
  "another's": (path, text) => {
    const [id = ""] = path.split("/").slice(-3);
    Deno.writeTextFileSync(path, text.replaceAll(id, "f".repeat(64)));
  },
  ...NO_FILES,
};

Deno.test(
  "a damaged note of a container stays, and costs only that one",
  NODE_NEEDS,
  async (t) => {
    await using node = await startNode();
    const pod = await node.runPod("web");
    const other = await node.create(pod, "other");
    await node.start(other);
    for (const [name, damage] of Object.entries(DAMAGE)) {
      await t.step(name, async () => {
        const id = await node.create(pod, name.replaceAll(/\W/g, "-"));
        await node.start(id);
        const path = `${await workDirectory(node, id)}/cri.json`;
        await node.daemon.end("SIGKILL");
        damage(path, await Deno.readTextFile(path));
        const before = describe(path);
        await node.restart();
        const { state, message } = await node.status(id);
        assert([RUNNING, UNKNOWN].includes(state));
        assert(message.includes(path), message);
        assertEquals((await node.status(other)).state, RUNNING);
        await node.client.call(method.stopContainer, { containerId: id });
        assertEquals(describe(path), before);
        await node.client.call(method.removeContainer, { containerId: id });
        await assertRejects(() => node.status(id), Error, "no container");
      });
    }
  },
);

Deno.test(
  "a damaged state of a pod costs it nothing, and it can be removed",
  NODE_NEEDS,
  async (t) => {
    await using node = await startNode();
    const other = await node.runPod("other");
    const cases: typeof DAMAGE = { ...DAMAGE, "nothing": remove };
    for (const [name, damage] of Object.entries(cases)) {
      // States have no schema.
      if (name === "a newer orlop's") continue;
      await t.step(name, async () => {
        const id = await node.runPod(name.replaceAll(/\W/g, "-"));
        const app = await node.create(id, "app");
        await node.start(app);
        const work = await workDirectory(node, app);
        const path = work.replace(app, id) + "/sandbox.json";
        await node.daemon.end("SIGKILL");
        damage(path, await Deno.readTextFile(path));
        const before = describe(path);
        await node.restart();
        const { items } = await node.client.call(method.listPodSandbox, {});
        assertEquals(items.map((pod) => pod.id), [other, id]);
        assertEquals((await node.status(app)).state, RUNNING);
        assertEquals(await listInterfaces(node, app), ["eth0", "lo"]);
        assertEquals(describe(path), before);
        await node.client.call(method.removePodSandbox, { podSandboxId: id });
        const left = await node.client.call(method.listPodSandbox, {});
        assertEquals(left.items.map((pod) => pod.id), [other]);
      });
    }
  },
);

function remove(path: string): void {
  Deno.removeSync(path);
}

/** What its network has given a container. */
async function listInterfaces(
  node: CriNode,
  containerId: string,
): Promise<readonly string[]> {
  const { stdout } = await node.client.call(method.execSync, {
    containerId,
    cmd: ["ls", "/sys/class/net"],
  });
  return new TextDecoder().decode(stdout).split("\n").filter(Boolean);
}

async function workDirectory(node: CriNode, id: string): Promise<string> {
  const { info } = await node.client.call(method.containerStatus, {
    containerId: id,
    verbose: true,
  });
  return JSON.parse(info["info"] ?? "").workDirectory;
}

function describe(path: string): unknown {
  const found = lstatIfThere(path);
  const text = found?.isFile === true ? Deno.readTextFileSync(path) : "";
  return { ino: found?.ino, text };
}
