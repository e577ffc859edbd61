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
import { startProcess } from "../../../src/engine/monitor/start_process.ts";
import { stopContainer } from "../../../src/engine/containers/start_container.ts";
import { listDirectory } from "../../../src/fs/list_directory.ts";
import {
  MONITOR_NEEDS,
  monitoredStore,
  until,
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
      await until(() => readExit(agent, id) !== undefined);
      const exit = readExit(agent, id);
      assertEquals(exit?.exitCode, 3);
      assertFalse(exit?.isOomKilled);
      assert(exit !== undefined && exit.finishedAtMs >= before);
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
