import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { toFileUrl } from "@std/path";
import { CommandError } from "../../src/errors/store_errors.ts";
import { runInteractive } from "../../src/process/run_interactive.ts";

const MODULE = toFileUrl(
  `${import.meta.dirname}/../../src/process/run_interactive.ts`,
);

/** Runs a shell script by `runInteractive()` in a Deno of its own. */
function start(script: string, options = ""): Deno.ChildProcess {
  const code = `import { runInteractive } from "${MODULE}";
    Deno.exit(await runInteractive("/bin/sh", ["-c", Deno.args[0]], {
      stdin: "inherit",
      ${options}
    }));`;
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-run",
      "--allow-sys=uid",
      `data:text/typescript,${encodeURIComponent(code)}`,
      script,
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    uid: Deno.uid() ?? 0, // by fork(2): it starts with no signal ignored
  }).spawn();
}

Deno.test("runInteractive() returns the exit code", async () => {
  assertEquals(await runInteractive("/bin/sh", ["-c", "exit 42"]), 42);
  assertEquals(await runInteractive("/bin/sh", ["-c", "kill -9 $$"]), 137);
});

Deno.test("runInteractive() reports that a program is missing", async () => {
  await assertRejects(
    () => runInteractive("/nonexistent/tool", []),
    CommandError,
    'Cannot run "/nonexistent/tool"',
  );
});

Deno.test("runInteractive() hands input and output on", async () => {
  const child = start("cat; echo err >&2; exit 5");
  await new Blob(["hello"]).stream().pipeTo(child.stdin);
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  assertEquals(code, 5);
  assertEquals(decoder.decode(stdout), "hello");
  assertEquals(decoder.decode(stderr), "err\n");
});

Deno.test("runInteractive() lets no signal be ignored or blocked", async () => {
  const child = start("grep -E '^Sig(Blk|Ign):' /proc/self/status");
  await child.stdin.close();
  const { stdout } = await child.output();
  const text = new TextDecoder().decode(stdout);
  assertMatch(text, /^SigBlk:\t0+\nSigIgn:\t0+\n$/);
});

Deno.test("runInteractive() hands signals on", async (t) => {
  const signals = [
    ...[
      "SIGINT",
      "SIGTERM",
      "SIGHUP",
      "SIGQUIT",
      "SIGUSR1",
      "SIGUSR2",
    ] as const,
    ...["SIGALRM", "SIGCONT", "SIGPWR"] as const,
  ];
  for (const signal of signals) {
    await t.step(signal, async () => {
      const child = start(
        `trap 'exit 33' ${signal.slice(3)}; echo ready; ` +
          "while :; do sleep 0.05; done",
      );
      await child.stdin.close();
      const reader = child.stdout.getReader();
      await reader.read();
      child.kill(signal);
      assertEquals((await child.status).code, 33);
      await reader.cancel();
      await child.stderr.cancel();
    });
  }
});

Deno.test("runInteractive() asks what to do with a signal that comes again", async (t) => {
  for (
    const [answer, code] of [["forward", 44], ["kill", 137]] as const
  ) {
    await t.step(answer, async () => {
      const child = start(
        `trap 'n=1$n; [ "$n" != 11 ] || exit 44; echo $n' TERM; echo ready; ` +
          "while :; do sleep 0.05; done",
        `onRepeat: (count) => Promise.resolve(count === 2 ? "${answer}" : "?"),`,
      );
      await child.stdin.close();
      const reader = child.stdout.getReader();
      await reader.read();
      child.kill("SIGTERM");
      await reader.read(); // it has heard the first
      child.kill("SIGTERM");
      assertEquals((await child.status).code, code);
      await reader.cancel();
      await child.stderr.cancel();
    });
  }
});
