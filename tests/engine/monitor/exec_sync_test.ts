import {
  assert,
  assertEquals,
  assertFalse,
  assertMatch,
  assertRejects,
} from "@std/assert";
import {
  ExecTimeoutError,
  ProcessNotFoundError,
} from "../../../src/errors/process_errors.ts";
import { join } from "@std/path";
import { execFolder } from "../../../src/engine/monitor/exec_command.ts";
import {
  execSync,
  type ExecSyncOptions,
} from "../../../src/engine/monitor/exec_sync.ts";
import { createProcess } from "../../../src/engine/monitor/create_process.ts";
import { toText } from "../../../src/formats/bytes.ts";
import { listDirectory } from "../../../src/fs/list_directory.ts";
import {
  MONITOR_NEEDS,
  monitoredStore,
  untilEnded,
} from "../../support/monitored_container.ts";

Deno.test(
  "execSync() runs commands in a container",
  MONITOR_NEEDS,
  async (t) => {
    await using test = await monitoredStore();
    const { agent } = test;
    const { id } = await test.run("sleep 1000");
    const sh = (script: string, options: Partial<ExecSyncOptions> = {}) =>
      execSync(agent, id, { command: ["sh", "-c", script], ...options });
    const text = async (script: string, options?: Partial<ExecSyncOptions>) =>
      toText((await sh(script, options)).stdout);

    await t.step("outputs are kept apart, and the exit code", async () => {
      const result = await sh("echo out; echo err >&2; exit 7");
      assertEquals(result.exitCode, 7);
      assertEquals(toText(result.stdout), "out\n");
      assertEquals(toText(result.stderr), "err\n");
      assertFalse(result.isTruncated);
    });
    await t.step("environment, directory and user are as asked", async () => {
      const env = ["A=b c", "X=\n'\"$"];
      assertEquals(await text('echo "$A|$X"', { env }), "b c|\n'\"$\n");
      assertEquals(await text("pwd", { workdir: "/bin" }), "/bin\n");
      const user = { uid: 12, gid: 34, additionalGids: [56] };
      assertEquals(
        await text("id -u; id -g; id -G", { user }),
        "12\n34\n34 56\n",
      );
    });
    await t.step("it ignores no signals", async () => {
      // What the tests were started with, they may ignore themselves.
      const found = await text("grep SigIgn /proc/self/status");
      assertEquals(BigInt(`0x${found.split("\t")[1]?.trim()}`) >> 8n, 0n);
    });
    await t.step("it reads nothing", async () => {
      assertEquals(await text("wc -c"), "0\n");
    });
    await t.step("a signal ends it", async () => {
      assertEquals((await sh("kill -9 $$")).exitCode, 137);
    });
    await t.step("what is not there, or cannot be executed", async () => {
      const missing = await execSync(agent, id, { command: ["nothing"] });
      assertEquals(missing.exitCode, 127);
      assertMatch(toText(missing.stderr), /not found/);
      const folder = await execSync(agent, id, { command: ["/bin"] });
      assertEquals(folder.exitCode, 126);
      const noFolder = await sh("true", { workdir: "/none" });
      assertEquals(noFolder.exitCode, 127);
      assertMatch(toText(noFolder.stderr), /chdir.*no such/);
    });
    await t.step("output is limited, and read to its end", async () => {
      const script = "head -c 3000000 /dev/zero; echo e >&2";
      const result = await sh(script, { maxOutput: 1000 });
      assertEquals(result.stdout.length, 1000);
      assertEquals(toText(result.stderr), "e\n");
      assert(result.isTruncated);
      assertEquals((await sh(script)).stdout.length, 3_000_000);
    });
    await t.step("what stays in the background is not waited for", async () => {
      const start = performance.now();
      assertEquals(await text("sleep 5 & echo begun"), "begun\n");
      assert(performance.now() - start < 3000);
      const noisy = await text("yes & echo begun");
      assertMatch(noisy, /^(begun|y)\n/);
      assert(performance.now() - start < 4000);
      await sh("kill -9 -1");
    });
    await t.step("what takes too long is ended with its group", async () => {
      const start = performance.now();
      await assertRejects(
        () => sh("sleep 4321 & sleep 4322", { timeoutMs: 300 }),
        ExecTimeoutError,
      );
      assert(performance.now() - start < 3000);
      assertFalse((await text("ps -o args")).includes("432"));
    });
    await t.step("what may take very long is not ended at once", async () => {
      assertEquals(await text("sleep 0.1; echo x", { timeoutMs: 1e13 }), "x\n");
    });
    await t.step("an abort ends it", async () => {
      const stop = new AbortController();
      setTimeout(() => stop.abort(new Error("stopped")), 200);
      await assertRejects(
        () => sh("trap '' TERM HUP; sleep 4323", { signal: stop.signal }),
        Error,
        "stopped",
      );
      assertFalse((await text("ps -o args")).includes("432"));
      await assertRejects(
        () => sh("true", { signal: stop.signal }),
        Error,
        "stopped",
      );
    });
    await t.step("an abort ends it at any time", async () => {
      const command = ["sleep", "4324"];
      for (let ms = 0; ms < 100; ms += 5) {
        const signal = AbortSignal.timeout(ms);
        await assertRejects(() => execSync(agent, id, { command, signal }));
      }
      assertFalse((await text("ps -o args")).includes("4324"));
    });
    await t.step("many at once", async () => {
      const texts = await Promise.all(
        Array.from({ length: 20 }, (_, at) => text(`echo ${at}`)),
      );
      assertEquals(texts, Array.from({ length: 20 }, (_, at) => `${at}\n`));
    });
    await t.step("what others left is swept", async () => {
      const left = join(execFolder(agent, id), "LEFT");
      await Deno.mkdir(left);
      await sh("true");
      assertEquals(listDirectory(execFolder(agent, id)), ["LEFT"]);
      await Deno.utime(left, 1, 1);
      await sh("true");
    });
    await t.step("what cannot be meant is refused", async () => {
      for (const command of [[], [""], ["a\0b"]]) {
        await assertRejects(() => execSync(agent, id, { command }), TypeError);
      }
      await assertRejects(() => sh("", { workdir: "bin" }), TypeError);
      await assertRejects(() => sh("", { env: ["A=\0"] }), TypeError);
    });
    await t.step("nothing is left", () => {
      assertEquals(listDirectory(execFolder(agent, id)), []);
    });
  },
);

Deno.test(
  "execSync() requires a process that runs",
  MONITOR_NEEDS,
  async (t) => {
    await using test = await monitoredStore();
    const { agent } = test;
    const { id } = await test.make("sleep 1000");
    const command = ["true"];
    await t.step("none is there", async () => {
      await assertRejects(
        () => execSync(agent, id, { command }),
        ProcessNotFoundError,
      );
    });
    await t.step("one is created", async () => {
      await createProcess(agent, id);
      await assertRejects(
        () => execSync(agent, id, { command }),
        ProcessNotFoundError,
      );
    });
    await t.step("it ends meanwhile", async () => {
      const { id } = await test.run(
        "until [ -e /go ]; do sleep 0.1; done; exit 4",
      );
      const start = performance.now();
      const { exitCode } = await execSync(agent, id, {
        command: ["sh", "-c", "touch /go; exec sleep 99"],
      });
      assertEquals(exitCode, 137);
      assert(performance.now() - start < 5000);
      assertEquals((await untilEnded(agent, id)).exitCode, 4);
      await assertRejects(
        () => execSync(agent, id, { command }),
        ProcessNotFoundError,
      );
    });
  },
);
