import {
  assert,
  assertEquals,
  assertFalse,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { hasMonitor } from "../../../src/engine/containers/container_monitor.ts";
import { listContainers } from "../../../src/engine/containers/list_containers.ts";
import { readExit } from "../../../src/engine/containers/process_exit.ts";
import { createProcess } from "../../../src/engine/monitor/create_process.ts";
import { execSync } from "../../../src/engine/monitor/exec_sync.ts";
import { noteIfUnseen } from "../../../src/engine/monitor/note_unseen.ts";
import { startProcess } from "../../../src/engine/monitor/start_process.ts";
import { watchExits } from "../../../src/engine/monitor/watch_exits.ts";
import { listDirectory } from "../../../src/fs/list_directory.ts";
import { prune } from "../../../src/engine/cleanup/prune.ts";
import {
  MONITOR_NEEDS,
  monitoredStore,
  untilEnded,
} from "../../support/monitored_container.ts";
import { run } from "../../support/servers/registry_server.ts";
import { until } from "../../support/until.ts";
import { killProcess, readPid } from "../../support/kill_process.ts";

Deno.test(
  "a process that wants too much memory is told of",
  MONITOR_NEEDS,
  async () => {
    await using test = await monitoredStore();
    const { id } = await test.run("tail /dev/zero", {
      memory: 16 * 1024 * 1024,
    });
    const exit = await untilEnded(test.agent, id);
    assertEquals(exit.exitCode, 137);
    assert(exit.isOomKilled);
  },
);

Deno.test("a full disk takes no exit code", MONITOR_NEEDS, async () => {
  await using test = await monitoredStore();
  const { agent } = test;
  const { id, logPath } = await test.make("yes x | head -c 300000; exit 5");
  const logs = test.dir.join("logs");
  const dir = await test.runtime.getWorkDir(id);
  await run("mount", "-t", "tmpfs", "-o", "size=64k", "full", logs);
  try {
    await createProcess(agent, id, { logPath });
    await run(
      "mount",
      "-t",
      "tmpfs",
      "-o",
      "size=4k",
      "full",
      join(dir, "exit"),
    );
    try {
      await Deno.writeTextFile(join(dir, "exit", "fill"), "x".repeat(4096));
      await startProcess(agent, id);
      assertEquals((await untilEnded(agent, id)).exitCode, 5);
    } finally {
      await until(() => !hasMonitor(agent, id));
      await run("umount", join(dir, "exit"));
    }
  } finally {
    await run("umount", logs);
  }
});

Deno.test(
  "long lines and odd bytes are logged as CRI wants them",
  MONITOR_NEEDS,
  async () => {
    await using test = await monitoredStore();
    const script =
      "head -c 20000 /dev/zero; echo; printf '\\377\\0\\r\\n'; echo; exit 0";
    const container = await test.run(script);
    await untilEnded(test.agent, container.id);
    const bytes = await Deno.readFile(container.logPath);
    const lines = new TextDecoder("latin1").decode(bytes).split("\n").slice(
      0,
      -1,
    );
    const contents = lines.map((line) => {
      const [, tag = "", content = ""] =
        /^\S+ stdout ([PF]) (.*)$/s.exec(line) ?? [];
      return { tag, content };
    });
    const whole = contents.map(({ tag, content }) =>
      tag === "F" ? `${content}\n` : content
    ).join("");
    assertEquals(whole.length, 20000 + 1 + 4 + 1);
    assert(contents.filter(({ tag }) => tag === "P").length >= 2);
    assert(whole.endsWith("\xff\0\r\n\n"));
  },
);

Deno.test(
  "a container outlives its conmon, and can be ended",
  MONITOR_NEEDS,
  async () => {
    await using test = await monitoredStore();
    const { agent } = test;
    const { id, bundle } = await test.run("sleep 1000");
    killProcess(await readPid(join(bundle, "conmon.pid")), "SIGKILL");
    await until(() => !hasMonitor(agent, id));
    const find = async () =>
      (await listContainers(agent)).find((one) => one.id === id);
    assertEquals((await find())?.state, "running");
    const { exitCode } = await execSync(agent, id, { command: ["true"] });
    assertEquals(exitCode, 0);
    await test.runtime.stopContainer(id, { running: "end", timeMs: 0 });
    assertEquals((await find())?.state, "exited");
    assertEquals((await find())?.exitCode, undefined);
    assertEquals(readExit(agent, id), undefined);
  },
);

Deno.test(
  "a container is run again, and its last end forgotten",
  MONITOR_NEEDS,
  async () => {
    await using test = await monitoredStore();
    const { agent } = test;
    const { id } = await test.run("exit 3");
    await untilEnded(agent, id);
    for (const script of ["exit 4", "exit 5"]) {
      await test.restart(id, script);
      assertEquals(readExit(agent, id), undefined);
      await createProcess(agent, id);
      await startProcess(agent, id);
      const { exitCode } = await untilEnded(agent, id);
      assertEquals(exitCode, Number(script.slice(5)));
    }
  },
);

Deno.test(
  "ends are told while others watch, and before",
  MONITOR_NEEDS,
  async () => {
    await using test = await monitoredStore();
    const { agent } = test;
    const before = await test.run("exit 3");
    await untilEnded(agent, before.id);
    const stop = new AbortController();
    const seen = new Set<string>();
    const watch = (async () => {
      for await (const id of watchExits(agent, stop)) seen.add(id);
    })().catch((error) => error);
    await until(() => seen.has(before.id));
    const after = await Promise.all([
      test.run("exit 1"),
      test.run("sleep 0.3"),
    ]);
    for (const { id } of after) await until(() => seen.has(id));
    stop.abort(new Error("over"));
    assertStringIncludes(String(await watch), "over");
  },
);

Deno.test(
  "a cleanup leaves what runs, and takes what no one knows",
  MONITOR_NEEDS,
  async () => {
    await using test = await monitoredStore();
    const { agent, dir } = test;
    const { id, bundle } = await test.run("sleep 1000", { stdin: "open" });
    const gone = "0123456789abcdef".repeat(4);
    await Deno.mkdir(dir.join("run/orlop/exits", gone));
    await Deno.writeTextFile(dir.join("run/orlop/exits", gone, "exit"), "1");
    await prune(agent);
    assert(hasMonitor(agent, id));
    for (const name of ["attach", "ctl", "winsz"]) {
      await Deno.lstat(
        join(bundle, name),
      );
    }
    assertEquals(
      listDirectory(dir.join("run/orlop/exits")),
      [id],
    );
    await test.runtime.deleteContainer(id, { running: "end", timeMs: 0 });
    assertEquals(listDirectory(dir.join("run/orlop/exits")), []);
  },
);

Deno.test("many commands leave nothing", MONITOR_NEEDS, async () => {
  await using test = await monitoredStore();
  const { agent } = test;
  const { id, bundle } = await test.run("sleep 1000");
  const own = async () =>
    (await run("ls", `/proc/${Deno.pid}/fd`)).split("\n").length;
  const count = async () =>
    (await run("sh", "-c", `pgrep -fc -- '--cid ${id}' || true`)).trim();
  await execSync(agent, id, { command: ["true"] });
  const before = await own();
  for (let round = 0; round < 10; round++) {
    await Promise.all(Array.from({ length: 10 }, async (_, at) => {
      const { exitCode } = await execSync(agent, id, {
        command: ["sh", "-c", `exit ${at}`],
      });
      assertEquals(exitCode, at);
    }));
  }
  await until(async () => Number(await count()) <= 2); // conmon, and the shell that asks
  assert(
    await own() <= before + 2,
    `${before} descriptors, and now ${await own()}`,
  );
  assertEquals(listDirectory(join(bundle, "exec")), []);
  assertMatch(await count(), /^[12]$/);
  assertFalse(readExit(agent, id) !== undefined);
});

Deno.test(
  "an end that was not observed is noted as such",
  MONITOR_NEEDS,
  async () => {
    await using test = await monitoredStore();
    const { agent, dir } = test;
    const { id, bundle } = await test.run("sleep 1000");
    killProcess(await readPid(join(bundle, "conmon.pid")), "SIGKILL");
    await until(() => !hasMonitor(agent, id));
    const folder = dir.join("run/orlop/exits", id);
    await Deno.utime(folder, 1, 1);
    await noteIfUnseen(agent, id);
    assertEquals(readExit(agent, id), undefined); // it runs
    killProcess(await readPid(join(bundle, "runtime.pid")), "SIGKILL");
    await until(async () => {
      await noteIfUnseen(agent, id);
      return readExit(agent, id) !== undefined;
    });
    const ends = watchExits(agent);
    assertEquals((await ends.next()).value, id);
    await ends.return();
    assertEquals(readExit(agent, id)?.exitCode, 255);
    const [found] = (await listContainers(agent)).filter((one) =>
      one.id === id
    );
    assertEquals(found?.state, "exited");
  },
);
