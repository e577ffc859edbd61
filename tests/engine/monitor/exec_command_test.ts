import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type ExecCommand,
  execFolder,
  prepareExec,
  type TerminalOption,
} from "../../../src/engine/monitor/exec_command.ts";
import { createProcess } from "../../../src/engine/monitor/create_process.ts";
import { endProcess } from "../../../src/engine/containers/end_process.ts";
import { ProcessNotFoundError } from "../../../src/errors/process_errors.ts";
import { listDirectory } from "../../../src/fs/list_directory.ts";
import {
  MONITOR_NEEDS,
  monitoredStore,
} from "../../support/monitored_container.ts";
import { containerOptions, testPod } from "../../support/test_runtime.ts";

Deno.test("prepareExec() refuses what is no command, before all else", async (t) => {
  using test = await testPod();
  const { id } = await test.runtime.createContainer(containerOptions());
  const cases: readonly (readonly [ExecCommand, string])[] = [
    [{ command: [] }, "Cannot run a command: it is empty"],
    [{ command: ["", "x"] }, "Cannot run a command: it is empty"],
    [{ command: ["a", "b\0"] }, 'Cannot run "a": "b\0" has a NUL'],
    [{ command: ["a"], env: ["A=\0"] }, 'Cannot run "a": "A=\0" has a NUL'],
    [{ command: ["a"], workdir: "/\0" }, 'Cannot run "a": "/\0" has a NUL'],
    [
      { command: ["a"], workdir: "tmp" },
      'Cannot run "a": its directory "tmp" is not absolute',
    ],
  ];
  for (const [command, why] of cases) {
    await t.step(why, async () => {
      await assertRejects(
        () => prepareExec(test.agent, id, command),
        TypeError,
        why,
      );
    });
  }
  await t.step("nothing runs in it", async () => {
    await assertRejects(
      () => prepareExec(test.agent, id, { command: ["a"] }),
      ProcessNotFoundError,
      `Cannot run a command in container "${id}": nothing runs in it`,
    );
    assertEquals(listDirectory(execFolder(test.agent, id)), []);
  });
});

Deno.test("prepareExec() changes the container's process as it is told", {
  ...MONITOR_NEEDS,
}, async (t) => {
  await using test = await monitoredStore();
  const { agent } = test;
  await t.step("not before it runs", async () => {
    const { id, logPath } = await test.make("sleep 1000");
    await createProcess(agent, id, { logPath });
    await assertRejects(
      () => prepareExec(agent, id, { command: ["a"] }),
      ProcessNotFoundError,
    );
    await endProcess(agent, id, { timeMs: 0 });
  });
  const running = await test.run("sleep 1000");
  const { process: own } = JSON.parse(
    await Deno.readTextFile(`${running.bundle}/config.json`),
  );
  const user = { uid: 5, gid: 6 };
  const { bounding, ambient = [] } = own.capabilities;
  const cases: readonly (readonly [
    string,
    Partial<ExecCommand & TerminalOption>,
    Readonly<Record<string, unknown>>,
  ])[] = [
    ["nothing more", {}, {}],
    ["a terminal", { terminal: true }, { terminal: true }],
    ["a directory", { workdir: "/tmp" }, { cwd: "/tmp" }],
    ["a variable", { env: ["A=b"] }, { env: [...own.env, "A=b"] }],
    ["one twice", { env: ["A=b", "A=c"] }, { env: [...own.env, "A=c"] }],
    ["a user", { user }, {
      user,
      capabilities: { bounding, effective: [], permitted: [], ambient: [] },
    }],
  ];
  for (const [name, options, expected] of cases) {
    await t.step(name, async () => {
      await using prepared = await prepareExec(agent, running.id, {
        command: ["a", "b"],
        ...options,
      });
      const { processFile, folder, runtime } = prepared;
      assert(folder.startsWith(execFolder(agent, running.id)));
      const { mode } = await Deno.stat(processFile);
      assertEquals((mode ?? 0) & 0o777, 0o600);
      assertEquals(((await Deno.stat(folder)).mode ?? 0) & 0o777, 0o700);
      const found = JSON.parse(await Deno.readTextFile(processFile));
      const wanted = { ...own, args: ["a", "b"], terminal: false, ...expected };
      const { capabilities, ...rest } = found;
      const { capabilities: least, ...others } = wanted;
      assertEquals(rest, others);
      assertEquals(pick(capabilities), pick(least));
      assert(runtime.program.endsWith("/runc"));
    });
  }
  await t.step("and leaves nothing behind", async () => {
    assertEquals(listDirectory(execFolder(agent, running.id)), []);
    const killed = await prepareExec(agent, running.id, { command: ["a"] });
    await using _next = await prepareExec(agent, running.id, {
      command: ["b"],
    });
    // It is young: somebody may have begun it just now.
    assertEquals(listDirectory(execFolder(agent, running.id)).length, 2);
    const old = Date.now() / 1000 - 61;
    await Deno.utime(killed.folder, old, old);
    await new Deno.Command("mkfifo", { args: [`${killed.folder}/ctl`] })
      .output();
    await Deno.utime(killed.folder, old, old);
    {
      await using third = await prepareExec(agent, running.id, {
        command: ["c"],
      });
      const left = listDirectory(execFolder(agent, running.id));
      assertEquals(left.length, 2);
      assert(left.some((name) => third.folder.endsWith(name)));
      assert(!left.some((name) => killed.folder.endsWith(name)));
    }
  });
  await endProcess(agent, running.id, { timeMs: 0 });

  /** Sets that are there, by name. */
  function pick(sets: Readonly<Record<string, readonly string[]>>) {
    const { bounding = [], effective = [], permitted = [] } = sets;
    return [bounding, effective, permitted, sets["ambient"] ?? ambient];
  }
});
