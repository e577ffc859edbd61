import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { ProcessNotFoundError } from "../../../src/errors/process_errors.ts";
import { execFolder } from "../../../src/engine/monitor/exec_command.ts";
import { execSync } from "../../../src/engine/monitor/exec_sync.ts";
import {
  openExec,
  type OpenExecOptions,
} from "../../../src/engine/monitor/open_exec.ts";
import { toText } from "../../../src/formats/bytes.ts";
import { listDirectory } from "../../../src/fs/list_directory.ts";
import {
  MONITOR_NEEDS,
  monitoredStore,
  untilEnded,
} from "../../support/monitored_container.ts";
import { until } from "../../support/until.ts";
import { listenTo, speakTo } from "../../support/programs/process_talk.ts";
import { killProcess, readPid } from "../../support/kill_process.ts";

Deno.test("openExec() gives a command's streams", MONITOR_NEEDS, async (t) => {
  await using test = await monitoredStore();
  const { agent } = test;
  const { id } = await test.run("sleep 1000");
  const open = (script: string, options: Partial<OpenExecOptions> = {}) =>
    openExec(agent, id, { command: ["sh", "-c", script], ...options });
  const processes = async () =>
    toText(
      (await execSync(agent, id, { command: ["ps", "-o", "args"] })).stdout,
    );
  await t.step("output without a terminal is kept apart", async () => {
    await using streams = await open("echo out; echo err >&2; exit 5");
    const { stdout, stderr } = listenTo(streams);
    assertEquals(streams.stdin, undefined);
    assertEquals(await streams.ended, 5);
    await Promise.all([stdout.done, stderr.done]);
    assertEquals([stdout.text(), stderr.text()], ["out\n", "err\n"]);
  });
  await t.step("input is read to its end", async () => {
    await using streams = await open("wc -c", { stdin: true });
    const { stdout } = listenTo(streams);
    const { say, end } = speakTo(streams);
    for (let round = 0; round < 20; round++) await say("x".repeat(100_000));
    await end();
    assertEquals(await streams.ended, 0);
    await stdout.done;
    assertEquals(stdout.text(), "2000000\n");
  });
  await t.step("input that is not read is dropped", async () => {
    await using streams = await open("exit 0", { stdin: true });
    listenTo(streams);
    const { say, end } = speakTo(streams);
    assertEquals(await streams.ended, 0);
    await say("x".repeat(1_000_000));
    await end();
  });
  await t.step("much output comes as a whole", async () => {
    await using streams = await open("seq 1 300000");
    const { stdout } = listenTo(streams);
    assertEquals(await streams.ended, 0);
    await stdout.done;
    assertEquals(stdout.text().length, 1988895);
  });
  await t.step("a terminal mixes outputs, echoes, and has a size", async () => {
    const script = "stty size; read line; echo got $line >&2; " +
      'while [ "$(stty size)" != "33 99" ]; do sleep 0.05; done; exit 6';
    await using streams = await open(script, { terminal: true, stdin: true });
    await streams.resize({ columns: 101, rows: 43 });
    const { stdout, stderr } = listenTo(streams);
    await until(() => stdout.text().includes("\r\n"));
    await speakTo(streams).say("word\n");
    await until(() => stdout.text().includes("got word"));
    for (let rows = 23; rows <= 33; rows++) {
      streams.resize({ columns: 99, rows });
    }
    assertEquals(await streams.ended, 6);
    await stdout.done;
    assertMatch(stdout.text(), /^43 101\r\nword\r\ngot word\r\n$/);
    assertEquals(stderr.text(), "");
    await streams.resize({ columns: 1, rows: 1 });
  });
  await t.step(
    "a terminal has the last size though conmon is late",
    async () => {
      const script = 'while [ "$(stty size)" != "33 99" ]; do sleep 0.05; done';
      await using streams = await open(script, { terminal: true });
      const { stdout } = listenTo(streams);
      // Those of commands that have ended may go later.
      const list = () => listDirectory(execFolder(agent, id));
      await until(() => list().length === 1);
      const [folder = ""] = list();
      const file = join(execFolder(agent, id), folder, "conmon.pid");
      const pid = await readPid(file);
      killProcess(pid, "SIGSTOP");
      await streams.resize({ columns: 80, rows: 24 });
      await streams.resize({ columns: 99, rows: 33 });
      killProcess(pid, "SIGCONT");
      assertEquals(await streams.ended, 0);
      await stdout.done;
    },
  );
  await t.step("sizes that make no sense are passed over", async () => {
    await using streams = await open("stty size; read line; stty size", {
      ...{ terminal: true, stdin: true },
    });
    const { stdout } = listenTo(streams);
    await until(() => stdout.text().includes("\r\n"));
    await streams.resize({ columns: 80, rows: 24 });
    for (const size of [-1, 0, NaN, 1e9, Infinity]) {
      await streams.resize({ columns: size, rows: size });
    }
    await speakTo(streams).say("\n");
    await streams.ended;
    await stdout.done;
    assertMatch(stdout.text(), /(24 80|1000 1000)\r\n$/);
  });
  await t.step("what is not there is told as shells do", async () => {
    for (const terminal of [false, true]) {
      await using streams = await openExec(agent, id, {
        ...{ command: ["nothing"], terminal },
      });
      const { stdout, stderr } = listenTo(streams);
      assertEquals(await streams.ended, 127);
      await Promise.all([stdout.done, stderr.done]);
      assertMatch(`${stdout.text()}${stderr.text()}`, /not found/);
    }
  });
  await t.step("who leaves hangs up", async () => {
    const streams = await open("sleep 5551", { terminal: true, stdin: true });
    const { stdout } = listenTo(streams);
    await until(async () => (await processes()).includes("5551"));
    await streams[Symbol.asyncDispose]();
    await stdout.done.catch(() => {});
    assertEquals(await streams.ended, 129);
    assert(!(await processes()).includes("5551"));
  });
  await t.step("without a terminal it continues", async () => {
    const streams = await open("sleep 5552");
    await streams[Symbol.asyncDispose]();
    await until(async () => (await processes()).includes("5552"));
    await execSync(agent, id, { command: ["sh", "-c", "kill -9 -1"] });
    assertEquals(await streams.ended, 137);
  });
  await t.step("an abort ends it", async () => {
    for (const terminal of [false, true]) {
      const stop = new AbortController();
      const { signal } = stop;
      const streams = await open("trap '' HUP; sleep 5553 & sleep 5553", {
        ...{ signal, terminal },
      });
      listenTo(streams);
      await until(async () => (await processes()).includes("5553"));
      stop.abort();
      assertEquals(await streams.ended, 137);
      assert(!(await processes()).includes("5553"));
      await assertRejects(() => open("true", { signal }));
    }
  });
  await t.step("nobody reads, and all ends", async () => {
    const streams = await open("seq 1 300000");
    await new Promise((resolve) => setTimeout(resolve, 300));
    await streams[Symbol.asyncDispose]();
    await streams.ended;
  });
  await t.step("nothing is left", async () => {
    await until(() => listDirectory(execFolder(agent, id)).length === 0);
    assertEquals(listDirectory(test.dir.join("run/orlop/terminals")), []);
  });
});

Deno.test("a command ends with its container", MONITOR_NEEDS, async () => {
  await using test = await monitoredStore();
  const { agent } = test;
  for (const terminal of [false, true]) {
    const { id } = await test.run("until [ -e /go ]; do sleep 0.1; done");
    const command = ["sh", "-c", "touch /go; exec sleep 1000"];
    await using streams = await openExec(agent, id, {
      ...{ command, terminal, stdin: true },
    });
    listenTo(streams);
    assertEquals(await streams.ended, 137);
    await untilEnded(agent, id);
    await assertRejects(
      () => openExec(agent, id, { command: ["true"] }),
      ProcessNotFoundError,
    );
  }
});
