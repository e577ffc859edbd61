/** `orlop run` on a store whose image runs, and what is left of it. */

import { assert, assertEquals } from "@std/assert";
import { runCli } from "../../../src/cli/run_cli.ts";
import { memoryTerminal } from "../../support/memory/memory_terminal.ts";
import {
  MONITOR_NEEDS,
  type MonitoredStore,
  monitoredStore,
} from "../../support/monitored_container.ts";
import { libc } from "../../support/own_libc.ts";
import { APP } from "../../support/test_runtime.ts";

function cliOn({ agent }: MonitoredStore) {
  const { root, runRoot } = agent.store.paths;
  return async (...words: readonly string[]) => {
    const terminal = memoryTerminal();
    const args = ["--root", root, "--runroot", runRoot, ...words];
    const code = await runCli(args, { terminal, libc, permissions: "keep" });
    return { code, out: terminal.printed, err: terminal.told };
  };
}

Deno.test(
  "run ends as its command does, and leaves what it is told to",
  MONITOR_NEEDS,
  async (t) => {
    await using store = await monitoredStore();
    const orlop = cliOn(store);
    const list = async (...words: string[]) => {
      const { out } = await orlop(...words);
      return out.toSorted();
    };
    const pods = () => list("pod", "ls", "--format", "{{.Name}}");
    const before = [
      await pods(),
      await list("ps", "--format", "{{.Names}}"),
    ] as const;
    const silent = (code: number) => ({ code, out: [], err: [] });
    const script = (text: string) => [APP, "/bin/sh", "-c", text];
    const cases: readonly (readonly [string, string[], number])[] = [
      ["true", [APP, "/bin/true"], 0],
      ["an exit code", script("exit 7"), 7],
      ["what is not there", [APP, "/bin/none"], 127],
      ["what cannot be run", [APP, "/bin"], 126],
      ["a variable", ["-e", "A=1", ...script('test "$A" = 1')], 0],
      ["a directory", ["-w", "/bin", ...script('test "$PWD" = /bin')], 0],
      ["a user", ["-u", "5:6", ...script('test "$(id -u)" = 5')], 0],
      ["a name of its own", [
        "--hostname",
        "h",
        ...script('test "$HOSTNAME" = h'),
      ], 0],
      ["--pull never", ["--pull", "never", APP, "/bin/true"], 0],
      ["a platform it has", ["--platform", "linux/amd64", APP, "/bin/true"], 0],
    ];
    for (const [name, words, code] of cases) {
      await t.step(name, async () => {
        const ran = await orlop("run", "--rm", ...words);
        // What is wrong with the command is the runtime's to say.
        assertEquals(ran, silent(code));
        assertEquals(
          [await pods(), await list("ps", "--format", "{{.Names}}")],
          [...before],
        );
      });
    }
    await t.step("keeps a container without --rm", async () => {
      const kept = await orlop(
        "run",
        "--name",
        "kept",
        APP,
        "/bin/sh",
        "-c",
        "exit 3",
      );
      assertEquals(kept, silent(3));
      const filter = ["ps", "--filter", "name=kept", "--format"];
      assertEquals(await list(...filter, "{{.State}}/{{.ExitCode}}"), [
        "exited/3",
      ]);
      assert((await pods()).includes("kept-pod"));
      const again = await orlop("run", "--name", "kept", APP, "/bin/true");
      assertEquals([again.code, again.out], [125, []]);
      assertEquals((await orlop("pod", "rm", "--force", "kept-pod")).code, 0);
    });
    await t.step("joins a pod, and leaves it", async () => {
      assertEquals((await orlop("pod", "create", "own")).code, 0);
      const ran = await orlop("run", "--rm", "--pod", "own", APP, "/bin/true");
      assertEquals(ran, silent(0));
      assert((await pods()).includes("own"));
      assertEquals((await orlop("pod", "rm", "own")).code, 0);
    });
    await t.step("removes a pod that is new, with --rm alone", async () => {
      const words = ["--pod", "new:fresh", APP, "/bin/true"];
      assertEquals(await orlop("run", "--rm", ...words), silent(0));
      assertEquals(await pods(), before[0]);
      assertEquals(await orlop("run", ...words), silent(0));
      assert((await pods()).includes("fresh"));
      assertEquals((await orlop("pod", "rm", "--force", "fresh")).code, 0);
    });
    await t.step(
      "writes its ID into a file, and makes none twice",
      async () => {
        const file = store.dir.join("cid");
        const words = ["run", "--rm", "--cidfile", file, APP, "/bin/true"];
        assertEquals(await orlop(...words), silent(0));
        assertEquals(
          /^[0-9a-f]{64}$/.test(await Deno.readTextFile(file)),
          Boolean(file),
        );
        assertEquals((await orlop(...words)).code, 125);
        assertEquals(await pods(), before[0]);
      },
    );
    await t.step("gives no terminal that it has not", async () => {
      if (Deno.stdin.isTerminal()) return;
      const ran = await orlop("run", "--rm", "-t", APP, "/bin/true");
      assertEquals([ran.code, ran.out, ran.err], [0, [], [
        "orlop: warning: The container gets no terminal: orlop itself has none; " +
        "leave out --tty",
      ]]);
    });
    await t.step(
      "reports what it has not, before it makes anything",
      async () => {
        const none = await orlop("run", "--rm", "--pull", "never", "nope", "x");
        assertEquals([none.code, none.out], [125, []]);
        assert(
          none.err[0]?.includes('image "nope" not present in image store'),
        );
        const runtime = await orlop(
          "run",
          "--runtime",
          "/none",
          APP,
          "/bin/true",
        );
        assertEquals([runtime.code, runtime.out], [125, []]);
        const detached = await orlop("run", "-d", APP, "/bin/true");
        if (Deno.env.get("ORLOP_PROGRAM") === undefined) {
          assertEquals([detached.code, detached.err[0]], [
            125,
            "orlop: Cannot tell where orlop is installed: name it with --program",
          ]);
        }
        assertEquals(await pods(), before[0]);
      },
    );
  },
);
