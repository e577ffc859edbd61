import {
  assert,
  assertEquals,
  assertFalse,
  assertMatch,
  assertRejects,
} from "@std/assert";
import { CommandError, InUseError } from "../../../src/errors/store_errors.ts";
import { listContainers } from "../../../src/engine/containers/list_containers.ts";
import { readExit } from "../../../src/engine/containers/process_exit.ts";
import { createProcess } from "../../../src/engine/monitor/create_process.ts";
import { forgetProcess } from "../../../src/engine/monitor/forget_process.ts";
import { runContainer } from "../../../src/engine/pods/run_container.ts";
import { startProcess } from "../../../src/engine/monitor/start_process.ts";
import { stopContainer } from "../../../src/engine/pods/stop_container.ts";
import { listDirectory } from "../../../src/fs/list_directory.ts";
import {
  MONITOR_NEEDS,
  monitoredStore,
  untilEnded,
} from "../../support/monitored_container.ts";

Deno.test(
  "a container runs under conmon, and its end is known",
  MONITOR_NEEDS,
  async (t) => {
    await using test = await monitoredStore();
    const { agent } = test;
    const before = Date.now();
    const container = await test.make(
      "echo out; echo err >&2; printf part; exit 3",
    );
    const { id, logPath } = container;
    const state = async () =>
      (await listContainers(agent)).find((found) => found.id === id);
    await t.step("it is created, and waits", async () => {
      const pid = await createProcess(agent, id, { logPath });
      assert(pid > 1);
      assertEquals((await state())?.state, "starting");
      assertEquals((await state())?.pid, pid);
      assertEquals(container.readLog(), "");
      assertEquals(readExit(agent, id), undefined);
    });
    await t.step("it cannot be created twice", async () => {
      await assertRejects(() => createProcess(agent, id), InUseError);
    });
    await t.step("it runs, and ends", async () => {
      await startProcess(agent, id);
      const exit = await untilEnded(agent, id);
      assertEquals(exit.exitCode, 3);
      assertFalse(exit.isOomKilled);
      assert(exit.finishedAtMs >= before);
      assert(exit.finishedAtMs <= Date.now());
    });
    await t.step("its log is in CRI's format", () => {
      const lines = container.readLog().trimEnd().split("\n");
      assertEquals(
        lines.map((line) => line.split(" ").slice(1).join(" ")).toSorted(),
        [
          "stderr F err",
          "stdout F out",
          "stdout P part",
        ],
      );
      assertMatch(
        lines[0] ?? "",
        /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{9}[+-]\d\d:\d\d /,
      );
    });
    await t.step("lists tell how it ended", async () => {
      const found = await state();
      assertEquals(found?.state, "exited");
      assertEquals(found?.exitCode, 3);
      assert(
        Date.parse(found?.finishedAt ?? "") >=
          Date.parse(found?.startedAt ?? ""),
      );
    });
    await t.step("also after a reboot", async () => {
      await stopContainer(agent, id, { mode: "all" });
      await Deno.remove(test.dir.join("run", "orlop"), { recursive: true });
      assertEquals(readExit(agent, id)?.exitCode, 3);
      assertEquals((await state())?.exitCode, 3);
    });
  },
);

const FAILURES = [
  { args: ["/bin/nothing"], exitCode: 127, why: /no such file/ },
  { args: ["nothing"], exitCode: 127, why: /not found in \$PATH/ },
  { args: ["/etc"], exitCode: 126, why: /permission denied|is a directory/ },
];

Deno.test(
  "a process that cannot be created leaves nothing",
  MONITOR_NEEDS,
  async (t) => {
    await using test = await monitoredStore();
    const { agent } = test;
    for (const { args, exitCode, why } of FAILURES) {
      await t.step(args.join(" "), async () => {
        const { id, bundle, logPath } = await test.make("", { args });
        const files = listDirectory(bundle);
        const error = await assertRejects(
          () => createProcess(agent, id, { logPath }),
          CommandError,
        );
        assertMatch(error.message, why);
        assertEquals(error.exitCode, exitCode);
        assertEquals(
          listDirectory(bundle).filter((name) => !files.includes(name))
            .toSorted(),
          ["run.lock", "runtime.log"],
        );
        assertEquals(listDirectory(test.dir.join("run/orlop/exits")), []);
        assertEquals(
          listDirectory(test.dir.join("run/orlop/runtimes/runc")),
          [],
        );
      });
    }
  },
);

Deno.test("a process is forgotten", MONITOR_NEEDS, async () => {
  await using test = await monitoredStore();
  const { agent } = test;
  const { id } = await test.run("sleep 1000");
  await forgetProcess(agent, id);
  assertEquals(readExit(agent, id), undefined);
  const [found] = (await listContainers(agent)).filter((one) => one.id === id);
  assertEquals(found?.pid, undefined);
  await forgetProcess(agent, id);
});

Deno.test("a log is written to files only", MONITOR_NEEDS, async (t) => {
  await using test = await monitoredStore();
  const { agent, dir } = test;
  const { id } = await test.make("");
  await Deno.symlink("/etc/passwd", dir.join("link"));
  await new Deno.Command("mkfifo", { args: [dir.join("fifo")] }).output();
  const paths = [
    ...["relative.log", "", "/", "/dev/null", "/proc/self/x", dir.path],
    dir.join("x".repeat(300)),
    ...[dir.join("a:b"), `${dir.path}/../x.log`, `${dir.path}//x.log`],
    ...[`${dir.path}/x\0.log`, dir.join("link"), dir.join("fifo")],
    ...[`${dir.path}/${"x/".repeat(3000)}log`],
  ];
  for (const logPath of paths) {
    await t.step(
      logPath.slice(0, 100),
      () =>
        assertRejects(() => createProcess(agent, id, { logPath }), TypeError)
          .then(() => {}),
    );
  }
  await t.step("in a folder that is not there", async () => {
    const logPath = dir.join("absent", "x.log");
    const error = await assertRejects(
      () => createProcess(agent, id, { logPath }),
      CommandError,
    );
    assertMatch(error.message, /log file/);
    assertEquals(error.exitCode, 125);
  });
});

Deno.test(
  "a runtime that fails in odd ways leaves nothing",
  MONITOR_NEEDS,
  async (t) => {
    await using test = await monitoredStore();
    const { agent, dir } = test;
    const { id } = await test.make("");
    const runtimes: readonly [string, RegExp][] = [
      ["exit 0", /does not say why|runtime.pid/],
      ["exit 3", /does not say why/],
      ["printf 'a\\377\"\\\\ b\\n' >&2; exit 1", /a.*"\\ b$/],
      ["echo one >&2; echo two >&2; exit 1", /two$/],
      ["kill -9 $$", /does not say why/],
    ];
    for (const [script, why] of runtimes) {
      await t.step(script, async () => {
        const runtime = dir.join("runtime");
        await Deno.writeTextFile(runtime, `#!/bin/sh\n${script}\n`);
        await Deno.chmod(runtime, 0o755);
        const error = await assertRejects(
          () => createProcess(agent, id, { runtime }),
          CommandError,
        );
        assertMatch(error.message, why);
        assertEquals(error.exitCode, 125);
        assertEquals(listDirectory(dir.join("run/orlop/exits")), []);
      });
    }
    await t.step("one that hangs, until somebody has enough", async () => {
      const runtime = dir.join("runtime");
      await Deno.writeTextFile(runtime, "#!/bin/sh\nexec sleep 4711\n");
      const stop = new AbortController();
      setTimeout(() => stop.abort(new Error("enough")), 200);
      const { signal } = stop;
      await assertRejects(
        () => createProcess(agent, id, { runtime, signal }),
        Error,
        "enough",
      );
      const { code } = await new Deno.Command("pgrep", {
        args: ["-f", "sleep 4711"],
      }).output();
      assertEquals(code, 1);
      assertEquals(listDirectory(dir.join("run/orlop/exits")), []);
    });
  },
);

Deno.test(
  "what runs is not run again, and harmed by no attempt",
  MONITOR_NEEDS,
  async () => {
    await using test = await monitoredStore();
    const { agent } = test;
    const { id } = await test.run("sleep 1000");
    const find = async () =>
      (await listContainers(agent)).find((one) => one.id === id);
    const before = await find();
    await assertRejects(() => createProcess(agent, id), InUseError);
    await assertRejects(() => runContainer(agent, id), InUseError);
    await assertRejects(() => startProcess(agent, id), CommandError);
    assertEquals(await find(), before);
    assertEquals(before?.state, "running");
    await test.runtime.stopContainer(id, { running: "end", timeMs: 0 });
    assertEquals(readExit(agent, id)?.exitCode, 137);
    // Now it can be, and how it ended is forgotten.
    await test.restart(id, "exit 6");
    assertEquals(await runContainer(agent, id), 127); // no such command
    assertEquals(readExit(agent, id), undefined);
  },
);
