import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { join } from "@std/path";
import {
  ContainerState,
  PodSandboxState,
  RuntimeService,
} from "../../../src/cri/api/api_pb.js";
import { listAll } from "../../support/nodes/cri_answers.ts";
import { type CriNode, NODE_NEEDS } from "../../support/nodes/cri_node.ts";
import { HOST_NETWORK, startNodeHere } from "../../support/nodes/node_here.ts";
import { killProcess, readPid } from "../../support/kill_process.ts";
import { until } from "../../support/until.ts";

const { method } = RuntimeService;
const { CONTAINER_CREATED, CONTAINER_RUNNING, CONTAINER_EXITED } =
  ContainerState;

/** Where a container's files are. */
function placesOf({ dir }: CriNode, id: string) {
  const folder = (root: string) =>
    dir.join(root, "overlay-containers", id, "userdata");
  return { work: folder("root"), run: folder("runroot") };
}

/** Changes the note of a container as another daemon would have left it. */
async function changeNote(
  node: CriNode,
  id: string,
  { phase, status }: { readonly phase?: string; readonly status?: object },
): Promise<void> {
  const file = join(placesOf(node, id).work, "cri.json");
  const note = JSON.parse(await Deno.readTextFile(file));
  const changed = { ...note, status: { ...note.status, ...status } };
  await Deno.writeTextFile(
    file,
    JSON.stringify({ ...changed, ...phase && { phase } }),
  );
}

/** The process of a container, from its PID file. */
async function pidOf(node: CriNode, id: string): Promise<number> {
  return await readPid(join(placesOf(node, id).run, "runtime.pid"));
}

Deno.test(
  "a start recovers containers as they are now",
  NODE_NEEDS,
  async (t) => {
    await using node = await startNodeHere();
    const pod = await node.runPod("web", HOST_NETWORK);
    const make = async (name: string, script?: string) => {
      const id = await node.create(pod, name, { ...script && { script } });
      await node.start(id);
      return id;
    };
    const running = await make("running");
    const unnoted = await make("unnoted");
    const unseen = await make("unseen", "exit 6");
    const lost = await make("lost");
    const quiet = await make("quiet");
    const ended = await make("ended", "exit 5");
    const half = await make("half");
    const leaving = await make("leaving");
    const waiting = await node.create(pod, "waiting");
    const planned = await node.create(pod, "planned");
    const undone = await node.create(pod, "undone");
    await node.waitFor(ended, CONTAINER_EXITED);
    await node.waitFor(unseen, CONTAINER_EXITED);
    const before = new Map<string, Awaited<ReturnType<typeof node.status>>>();
    for (const id of [running, unnoted, unseen, lost, quiet, ended]) {
      before.set(id, await node.status(id));
    }
    const startedBy = BigInt(Date.now()) * 1_000_000n;
    const pidFile = join(placesOf(node, waiting).run, "runtime.pid");
    await until(() => Deno.readTextFile(pidFile).then(Boolean, () => false));
    const pid = await pidOf(node, waiting);
    const undonePid = await pidOf(node, undone);
    await node.daemon.end("SIGTERM");
    const state = { state: "CONTAINER_CREATED", startedAt: "0" };
    await changeNote(node, unnoted, { status: state });
    const { state: _, ...unknown } = state;
    await changeNote(node, unseen, {
      status: { ...unknown, state: "CONTAINER_RUNNING", finishedAt: "0" },
    });
    await changeNote(node, half, { phase: "creating" });
    await changeNote(node, leaving, { phase: "removing" });
    // Its process goes, and conmon writes nothing of it.
    const lostPid = await pidOf(node, lost);
    for (const id of [lost, undone, quiet]) {
      const { run } = placesOf(node, id);
      killProcess(await readPid(join(run, "conmon.pid")), "SIGKILL");
    }
    for (const pid of [lostPid, undonePid]) {
      killProcess(pid, "SIGKILL");
      await until(async () => !await isAlive(pid));
    }
    await node.restart();

    await t.step("what runs", async () => {
      assertEquals(await node.status(running), before.get(running));
    });
    await t.step("what runs, though no one noted it", async () => {
      const status = await node.status(unnoted);
      const { startedAt } = status;
      const known = before.get(unnoted);
      assertEquals({ ...status, startedAt: 0n }, { ...known, startedAt: 0n });
      assert(startedAt >= (known?.startedAt ?? 0n), `${startedAt}`);
      assert(startedAt <= startedBy, `${startedAt}`);
    });
    await t.step("what runs without conmon", async () => {
      assertEquals((await node.status(quiet)).state, CONTAINER_RUNNING);
    });
    await t.step("what has ended meanwhile", async () => {
      const status = await node.status(unseen);
      const { startedAt } = status;
      assertEquals({ ...status, startedAt: 0n }, {
        ...{ ...before.get(unseen), startedAt: 0n },
      });
      assert(startedAt > 0n);
    });
    await t.step("what has ended with an unknown exit code", async () => {
      const { state, exitCode, reason, startedAt, finishedAt } = await node
        .status(lost);
      assertEquals([state, exitCode, reason], [CONTAINER_EXITED, 255, "Error"]);
      assertEquals(startedAt, before.get(lost)?.startedAt);
      assert(finishedAt >= startedAt);
    });
    await t.step("what had ended before", async () => {
      assertEquals(await node.status(ended), before.get(ended));
    });
    await t.step("what waits for its start", async () => {
      for (const id of [waiting, planned, undone]) {
        assertEquals((await node.status(id)).state, CONTAINER_CREATED);
        await node.start(id);
        assertEquals((await node.status(id)).state, CONTAINER_RUNNING);
      }
      assertEquals(await pidOf(node, waiting), pid);
      // Its process had gone, and is made anew.
      assertNotEquals(await pidOf(node, undone), undonePid);
    });
    await t.step("and removes what was cut short", async () => {
      const { containers } = await listAll(node);
      assert(![half, leaving].some((id) => containers.includes(id)));
      assertEquals(
        node.daemon.said.filter((line) => line.includes("cut short"))
          .toSorted(),
        [half, leaving].map((id) =>
          `info: Removes container "${id}", which was cut short container=${id}`
        ).toSorted(),
      );
    });
  },
);

async function isAlive(pid: number): Promise<boolean> {
  try {
    const text = await Deno.readTextFile(`/proc/${pid}/stat`);
    return !/\) [ZX] /.test(text);
  } catch {
    return false;
  }
}

Deno.test("a start recovers pods", NODE_NEEDS, async (t) => {
  await using node = await startNodeHere();
  const [kept, half, ending] = [
    await node.runPod("kept"),
    await node.runPod("half", HOST_NETWORK),
    await node.runPod("ending"),
  ];
  await node.daemon.end("SIGTERM");
  const change = async (id: string, phase: string) => {
    const file = join(placesOf(node, id).work, "sandbox.json");
    const text = JSON.parse(await Deno.readTextFile(file));
    await Deno.writeTextFile(file, JSON.stringify({ ...text, phase }));
  };
  await change(half, "making");
  await change(ending, "stopping");
  await node.restart();
  const { items } = await node.client.call(method.listPodSandbox, {});
  const states = new Map(items.map(({ id, state }) => [id, state]));
  await t.step("what is ready stays so", () => {
    assertEquals(states.get(kept), PodSandboxState.SANDBOX_READY);
  });
  await t.step("what was to stop is stopped", () => {
    assertEquals(states.get(ending), PodSandboxState.SANDBOX_NOTREADY);
    const names = [...Deno.readDirSync(
      node.dir.join("leases", node.network),
    )].map(({ name }) => name).filter((name) => /^[\d.]+$/.test(name));
    assertEquals(names.length, 1);
  });
  await t.step("what was made to the half goes", () => {
    assert(!states.has(half));
    assertEquals(node.daemon.said, [
      `info: Removes pod "${half}", which was cut short pod=${half}`,
    ]);
  });
});

Deno.test(
  "a start releases what deleted pods had",
  NODE_NEEDS,
  async (t) => {
    await using node = await startNodeHere();
    const [kept, lost] = [await node.runPod("kept"), await node.runPod("lost")];
    await node.daemon.end("SIGTERM");
    const leases = () =>
      [...Deno.readDirSync(node.dir.join("leases", node.network))]
        .filter(({ name }) => /^[\d.]+$/.test(name)).length;
    assertEquals(leases(), 2);
    const file = node.dir.join("root/overlay-containers/containers.json");
    const text = await Deno.readTextFile(file);
    const records: { id: string }[] = JSON.parse(text);
    const rest = records.filter(({ id }) => id !== lost);
    await Deno.writeTextFile(file, JSON.stringify(rest));
    await t.step("not where only its record is lost", async () => {
      await node.restart();
      assertEquals(leases(), 2);
      assertEquals(
        node.daemon.said.filter((line) =>
          line.startsWith("warn: Cannot look for what lost pods had: ")
        ).length,
        1,
      );
    });
    await t.step("but where nothing of it is left", async () => {
      await node.daemon.end("SIGTERM");
      await Deno.remove(node.dir.join("root/overlay-containers", lost), {
        recursive: true,
      });
      await node.restart();
      assertEquals(leases(), 1);
      assertEquals(node.daemon.said, [
        `info: Gave back what pod "${lost}" had, which is no more pod=${lost}`,
      ]);
      assertEquals((await listAll(node)).pods, [kept]);
    });
  },
);
