/** Samples of control groups that are files of a test. */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "@std/path";
import { networkReader } from "../../../src/engine/stats/network_reader.ts";
import { UsageReader } from "../../../src/engine/stats/usage_reader.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import { CGROUPS } from "../../../src/process/libc_proc.ts";
import { workDirectory } from "../../../src/store/paths.ts";
import { needs } from "../../support/peers.ts";
import { storeAgent } from "../../support/store_agent.ts";
import { testClock } from "../../support/memory/test_clock.ts";

const GROUP = "/orlop/one";
const PROCESS = { args: ["/app"], cwd: "/", user: { uid: 0, gid: 0 } };

/** A store, and control groups of version 2 that are plain files. */
async function testGroups() {
  const test = storeAgent({ libc: undefined }); // a program reads them
  const directory = test.dir.join("groups");
  await test.mounter.mount({
    ...{ source: "none", type: "cgroup2", flags: [], data: "" },
    target: `${CGROUPS}/../../..${directory}`,
  });
  return {
    ...test,
    use(path: string, usec: number | undefined) {
      const file = join(directory, path, "cpu.stat");
      mkdirSync(dirname(file), { recursive: true });
      if (usec === undefined) rmSync(file);
      else writeFileSync(file, `usage_usec ${usec}\n`);
    },
  };
}

Deno.test("UsageReader tells the rate between two samples", async (t) => {
  using clock = testClock();
  using test = await testGroups();
  const reader = new UsageReader(test.agent, { keepMs: -1 });
  const read = async () => {
    const { takenAtNs, usage, nanoCores, path } =
      (await reader.readGroups([GROUP])).get(GROUP) ?? {};
    if (path !== undefined) {
      assertEquals([path, takenAtNs], [GROUP, BigInt(Date.now()) * 1_000_000n]);
    }
    return [usage?.cpu.usageNs, nanoCores];
  };
  // What passes, what is used then, and what is told.
  const steps: [string, number, number | undefined, unknown[]][] = [
    ["at first", 0, 1_000, [1_000_000n, undefined]],
    ["too soon", 899, 2_000, [2_000_000n, undefined]],
    ["just in time", 1, 451_000, [451_000_000n, 500_000_000n]],
    ["too soon again", 500, 460_000, [460_000_000n, 500_000_000n]],
    ["two seconds later", 1_500, 2_451_000, [2_451_000_000n, 1_000_000_000n]],
    ["when nothing is used", 1_000, 2_451_000, [2_451_000_000n, 0n]],
    ["when it was made again", 1_000, 7, [7_000n, 0n]],
    ["when it is gone", 1_000, undefined, [undefined, undefined]],
    ["when it is back", 1_000, 9, [9_000n, undefined]],
  ];
  for (const [name, ms, usec, expected] of steps) {
    await t.step(name, async () => {
      clock.advance(ms);
      test.use(GROUP, usec);
      assertEquals(await read(), expected);
    });
  }
});

Deno.test("UsageReader keeps samples for a time, and forgets old ones", async () => {
  using clock = testClock();
  using test = await testGroups();
  const reader = new UsageReader(test.agent, { keepMs: 10 });
  const read = async (path: string) =>
    (await reader.readGroups([path])).get(path);
  test.use(GROUP, 1_000);
  test.use("/other", 1);
  const first = await read(GROUP);
  test.use(GROUP, 1_000_000);
  clock.advance(10);
  assertEquals(await read(GROUP), first);
  // Others are read meanwhile, and what is older than ten minutes is forgotten.
  clock.advance(599_990);
  await read("/other");
  assertEquals((await read(GROUP))?.nanoCores, 1_665_000n);
  clock.advance(600_001);
  await read("/other");
  assertEquals((await read(GROUP))?.nanoCores, undefined);
});

Deno.test("UsageReader finds the group of a container in its template", async () => {
  using test = await testGroups();
  const { agent } = test;
  const reader = new UsageReader(agent);
  const template = (id: string, text: string) => {
    const path = join(
      workDirectory(agent.store.paths, parseContainerId(id)),
      "config.json",
    );
    Deno.mkdirSync(dirname(path), { recursive: true });
    Deno.writeTextFileSync(path, text);
  };
  const linux = (linux: unknown) =>
    JSON.stringify({ ociVersion: "1.0.2", process: PROCESS, linux });
  const network = { type: "network", path: "/some/net" };
  template("own", linux({ cgroupsPath: "/orlop/own", namespaces: [network] }));
  template(
    "host",
    linux({
      ...{ cgroupsPath: "pod.slice:orlop:host", namespaces: [{ type: "ipc" }] },
    }),
  );
  template("idle", linux({ cgroupsPath: "/orlop/idle" }));
  template("without", linux({}));
  template("damaged", "{");
  test.use("/orlop/own", 1);
  test.use("/pod.slice/orlop-host.scope", 2);
  const names = ["damaged", "host", "idle", "own", "none", "without"];
  const found = await reader.readContainers(names.map(parseContainerId));
  assertEquals(
    [...found].map(([id, { path, hasNetwork, usage }]) => [
      ...[id, path, hasNetwork, usage.cpu.usageNs],
    ]),
    [
      ["host", "/pod.slice/orlop-host.scope", false, 2_000n],
      ["own", "/orlop/own", true, 1_000n],
    ],
  );
});

Deno.test("UsageReader reports where no groups are mounted", async () => {
  using test = storeAgent({ libc: undefined });
  const error = await assertRejects(
    () => new UsageReader(test.agent).readGroups([GROUP]),
    TypeError,
  );
  assertEquals(
    error.message,
    `Cannot read statistics: no control groups are mounted on ${CGROUPS}`,
  );
});

Deno.test("networkReader() keeps counters for a time", {
  ...needs("root", "nsenter"),
}, async () => {
  using clock = testClock();
  using test = storeAgent();
  const network = `/proc/${Deno.pid}/ns/net`;
  const reader = networkReader(test.agent, { keepMs: 7 });
  const read = async () => (await reader.get([network])).get(network);
  const first = await read();
  clock.advance(7);
  assert(await read() === first);
  clock.advance(1);
  assert(!(await read() === first));
  const aborted = { signal: AbortSignal.abort("enough") };
  const error = await networkReader(test.agent).get([network], aborted)
    .catch((error) => error);
  assertEquals(error, "enough");
});
