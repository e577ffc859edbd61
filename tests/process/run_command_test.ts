import { assert, assertEquals, assertRejects } from "@std/assert";
import { CommandError } from "../../src/errors/store_errors.ts";
import { toBytes } from "../../src/formats/bytes.ts";
import {
  runCommand,
  type RunCommandOptions,
} from "../../src/process/run_command.ts";
import { tempDir } from "../support/temp_dir.ts";
import { until } from "../support/until.ts";

function shell(script: string, options?: RunCommandOptions) {
  return runCommand("/bin/sh", ["-c", script], options);
}

Deno.test("runCommand() returns the exit code and both outputs", async () => {
  const result = await shell("echo out; echo err >&2; exit 3", {
    okCodes: [0, 3],
  });
  assertEquals(result, { code: 3, stdout: "out\n", stderr: "err\n" });
});

Deno.test("runCommand() reads no output that is to be ignored", async () => {
  const options = { okCodes: [3], stdout: "ignored" } as const;
  assertEquals(await shell("echo out; echo err >&2; exit 3", options), {
    ...{ code: 3, stdout: "", stderr: "err\n" },
  });
});

Deno.test("runCommand() fails with the program's own words", async () => {
  const error = await assertRejects(
    () => shell("echo; echo 'sh: no such thing' >&2; echo more >&2; exit 7"),
    CommandError,
    'Cannot run "/bin/sh": sh: no such thing',
  );
  assertEquals(error.exitCode, 7);
  await assertRejects(() => shell("exit 9"), CommandError, "exit code 9");
});

Deno.test("runCommand() reports that a program is missing", async () => {
  const error = await assertRejects(
    () => runCommand("/nonexistent/tool", []),
    CommandError,
    'Cannot run "/nonexistent/tool": there is no such program',
  );
  assertEquals(error.exitCode, -1);
});

Deno.test("runCommand() hands nothing on but what it is given", async () => {
  Deno.env.set("TAR_OPTIONS", "--surprise");
  const { stdout } = await shell("/usr/bin/env", { env: { "FOO": "bar" } });
  Deno.env.delete("TAR_OPTIONS");
  const names = stdout.trim().split("\n").map((line) => line.split("=")[0]);
  assertEquals(names.toSorted(), ["FOO", "LC_ALL", "PATH", "PWD"]);
});

Deno.test("runCommand() runs in the directory that was asked for", async () => {
  using dir = tempDir();
  assertEquals((await shell("pwd", { cwd: dir.path })).stdout, `${dir.path}\n`);
});

Deno.test("runCommand() feeds bytes and streams", async (t) => {
  const large = new Uint8Array(1_000_000).fill(97);
  await t.step("bytes", async () => {
    const { stdout } = await shell("cat", { stdin: large });
    assertEquals(stdout.length, large.length);
  });
  await t.step("a stream", async () => {
    const stdin = new Blob(["foo", "bar"]).stream();
    assertEquals((await shell("cat", { stdin })).stdout, "foobar");
  });
  await t.step("a program that does not read", async () => {
    assertEquals((await shell("exec <&-; true", { stdin: large })).code, 0);
  });
  await t.step("a stream that breaks ends the program", async () => {
    const stdin = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => controller.enqueue(toBytes("foo")),
      pull: (controller) => controller.error(new TypeError("broken")),
    });
    await assertRejects(() => shell("cat", { stdin }), TypeError, "broken");
  });
});

Deno.test("runCommand() keeps a bounded part of endless errors", async () => {
  const { stderr } = await shell("head -c 1000000 /dev/zero >&2");
  assertEquals(stderr.length, 65536);
});

Deno.test("runCommand() does not start when aborted before", async () => {
  using dir = tempDir();
  const signal = AbortSignal.abort(new Error("enough"));
  const script = `touch ${dir.join("started")}`;
  await assertRejects(() => shell(script, { signal }), Error, "enough");
  assertEquals(await Array.fromAsync(Deno.readDir(dir.path)), []);
});

Deno.test("runCommand() ends the whole process group on abort", async () => {
  using dir = tempDir();
  const controller = new AbortController();
  const script = `sleep 1000 & echo $! > ${dir.join("pid")}; wait`;
  const run = shell(script, { signal: controller.signal });
  const pid = await readPid(dir.join("pid"));
  controller.abort(new Error("enough"));
  await assertRejects(() => run, Error, "enough");
  await waitUntilGone(pid);
});

Deno.test("runCommand() kills what ignores being told to end", async () => {
  const signal = AbortSignal.timeout(200);
  const script = "trap '' TERM; while :; do sleep 0.1; done";
  const started = performance.now();
  await assertRejects(() => shell(script, { signal }), DOMException);
  assert(performance.now() - started < 10_000);
});

async function readPid(path: string): Promise<number> {
  for (;;) {
    const text = await Deno.readTextFile(path).catch(() => "");
    if (text.endsWith("\n")) return Number(text);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function waitUntilGone(pid: number): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const isThere = await Deno.stat(`/proc/${pid}`).then(
      () => true,
      () => false,
    );
    if (!isThere || await isZombie(pid)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`Process ${pid} lives on`);
}

/** Whether a process has ended, though its new parent has not noticed. */
async function isZombie(pid: number): Promise<boolean> {
  const text = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "");
  return text.includes(") Z ");
}

Deno.test("runCommand() leaves no timer behind that would kill another", async () => {
  const controller = new AbortController();
  // It ends when it is told to, long before it would be killed.
  const run = shell("sleep 60", { signal: controller.signal });
  setTimeout(() => controller.abort(new Error("enough")), 50);
  await assertRejects(() => run, Error, "enough");
  // Deno's own check of what a test leaves would find the timer.
});

Deno.test("runCommand() takes as much output as it may, and no more", async () => {
  const print = (bytes: number, maxStdout: number) =>
    shell(`head -c ${bytes} /dev/zero | tr '\\0' x`, { maxStdout });
  assertEquals((await print(100_000, 100_000)).stdout.length, 100_000);
  const error = await assertRejects(
    () => print(100_001, 100_000),
    CommandError,
    'Cannot run "/bin/sh": it printed more than 100000 bytes',
  );
  assertEquals(error.exitCode, 0);
  assertEquals((await print(0, 0)).stdout, "");
});

Deno.test("runCommand() asks a program to end before it kills it", async () => {
  using dir = tempDir();
  for (const group of ["own", "shared"] as const) {
    const path = dir.join(group);
    const controller = new AbortController();
    const script = `trap 'echo told >> "${path}"; exit' TERM; ` +
      `echo ready > "${path}"; while :; do sleep 0.05; done`;
    const run = shell(script, { signal: controller.signal, group });
    const read = () => Deno.readTextFile(path).catch(() => "");
    await until(async () => await read() === "ready\n");
    controller.abort(new Error("enough"));
    await assertRejects(() => run, Error, "enough");
    assertEquals(await read(), "ready\ntold\n");
  }
});

Deno.test("runCommand() hands the rest of the environment on, if it is told", async () => {
  Deno.env.set("ORLOP_TEST_RUN", "seen");
  try {
    const script = 'printf %s "$ORLOP_TEST_RUN|$LC_ALL|$FOO"';
    const env = { "FOO": "bar" };
    const inherited = { env, environment: "inherited" } as const;
    assertEquals((await shell(script, inherited)).stdout, "seen|C|bar");
    assertEquals((await shell(script, { env })).stdout, "|C|bar");
  } finally {
    Deno.env.delete("ORLOP_TEST_RUN");
  }
});
