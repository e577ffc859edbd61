/** Commands on containers whose processes run. */

import { assert, assertEquals } from "@std/assert";
import { runCli } from "../../../src/cli/run_cli.ts";
import { shortId } from "../../../src/cli/render/short_id.ts";
import { readExit } from "../../../src/engine/containers/process_exit.ts";
import { memoryTerminal } from "../../support/memory/memory_terminal.ts";
import {
  MONITOR_NEEDS,
  type MonitoredStore,
  monitoredStore,
  untilEnded,
} from "../../support/monitored_container.ts";
import { libc } from "../../support/own_libc.ts";
import { until } from "../../support/until.ts";

// It ends when it is asked to, and says so.
const PATIENT = "trap 'exit 9' TERM; trap 'exit 4' USR1; echo up; " +
  "while :; do sleep 0.05; done";

/** Runs commands on a store: what they printed, and their exit codes. */
function cliOn({ agent }: MonitoredStore) {
  const { root, runRoot } = agent.store.paths;
  return async (...words: readonly string[]) => {
    const terminal = memoryTerminal();
    const args = ["--root", root, "--runroot", runRoot, ...words];
    const code = await runCli(args, { terminal, libc, permissions: "keep" });
    return { code, out: terminal.printed, err: terminal.told };
  };
}

const done = (...out: readonly string[]) => ({
  ...{ code: 0, out: [...out], err: [] as string[] },
});

Deno.test(
  "commands tell of what runs, and end it",
  MONITOR_NEEDS,
  async (t) => {
    await using store = await monitoredStore();
    const orlop = cliOn(store);
    const [one, two] = [await store.run(PATIENT), await store.run(PATIENT)];
    const idle = await store.make("exit 0");
    const ids = [one.id, two.id, idle.id];
    const [a = "", b = "", c = ""] = ids;
    const [nameA = ""] = (await orlop("inspect", a, "-f", "{{.Name}}")).out;
    await until(() => /up/.test(one.readLog()) && /up/.test(two.readLog()));
    const row = (id: string, template: string) =>
      orlop("ps", "--filter", `id=${id}`, "--format", template);
    await t.step("ps", async () => {
      const state = "{{.State}}/{{.ExitCode}}";
      assertEquals(await row(a, state), done("running/"));
      assertEquals(await row(c, state), done("mounted/"));
      const running = await orlop(
        ...["ps", "-q", "--no-trunc", "--filter", "status=running"],
      );
      assertEquals(running.out.toSorted(), [a, b].toSorted());
    });
    await t.step("pause and unpause", async () => {
      assertEquals(await orlop("pause", a, b), done(a, b));
      assertEquals(await row(a, "{{.State}}"), done("paused"));
      const again = await orlop("pause", a);
      assertEquals([again.code, again.out], [1, []]);
      assertEquals(
        await orlop("wait", "--condition", "paused", a),
        done("-1"),
      );
      const all = await orlop("ps", "-q", "--filter", "status=paused");
      assertEquals(all.out.length, 2);
      assertEquals(await orlop("unpause", a, b), done(a, b));
      assertEquals(await row(a, "{{.State}}"), done("running"));
      assertEquals((await orlop("unpause", a)).code, 1);
    });
    await t.step("top", async () => {
      const { code, out } = await orlop(
        "top",
        a,
        "pid",
        "comm,ppid",
        "user,huser",
      );
      assertEquals(code, 0);
      const rows = out.flatMap((text) => text.split("\n"))
        .map((line) => line.split(/\s+/));
      assertEquals(rows[0], ["PID", "COMMAND", "PPID", "USER", "HUSER"]);
      const [pid, , ...others] = rows[1] ?? [];
      assertEquals([pid, ...others], ["1", "0", "0", "root"]);
      const usual = await orlop("top", a);
      assertEquals((usual.out[0] ?? "").split(/\s+/).slice(0, 8), [
        ...["USER", "PID", "PPID", "%CPU", "ELAPSED", "TTY", "TIME", "COMMAND"],
      ]);
      const odd = await orlop("top", a, "pid", "odd");
      assertEquals([odd.code, odd.out], [2, []]);
      assert(
        odd.err[0]?.startsWith(
          'orlop: Cannot show "odd" of processes: known are ',
        ),
        odd.err[0],
      );
      assert(
        odd.err[0]?.endsWith(
          'a ps of the container\'s own runs by "orlop exec"',
        ),
      );
    });
    await t.step("stats", async () => {
      const measure = (...words: string[]) =>
        orlop("stats", "--no-stream", "--no-trunc", ...words);
      const ofAll = await measure("--format", "{{.ID}}");
      assertEquals(ofAll.out.toSorted(), [a, b].toSorted());
      assertEquals(await measure("--format", "{{.ID}}", a), done(a));
      assertEquals(await measure("--format", "{{.Name}}", a), done(nameA));
      const { out } = await measure(a);
      assertEquals(out.join("\n").split("\n").length, 2);
      assert(/^ID +NAME +CPU % /.test(out[0] ?? ""), out[0]);
      const bad = await measure("--interval", "0");
      assertEquals([bad.code, bad.err[0]], [
        2,
        'orlop: Cannot use "--interval=0": write whole seconds',
      ]);
    });
    await t.step("exec", async () => {
      assertEquals(await orlop("exec", a, "true"), done());
      const failed = await orlop("exec", a, "sh", "-c", "exit 7");
      assertEquals(failed, { code: 7, out: [], err: [] });
      const test = 'test "$A-$B-$PWD-$(id -u)" = "1-x y-/bin-5"';
      const flags = ["-e", "A=1", "--env", "B=x y", "-w", "/bin", "-u", "5"];
      assertEquals(await orlop("exec", ...flags, a, "sh", "-c", test), done());
      const none = 'test -z "$A" && test "$PWD-$(id -u)" = "/-0"';
      assertEquals(await orlop("exec", a, "sh", "-c", none), done());
      assertEquals((await orlop("exec", a, "no-such-program")).code, 127);
      const detached = await orlop("exec", "-d", a, "touch", "/made");
      assertEquals(detached, done());
      await until(async () =>
        (await orlop("exec", a, "sh", "-c", "test -e /made")).code === 0
      );
      const keys = await orlop("exec", "--detach-keys", "odd-key", a, "true");
      assertEquals(keys.code, 125);
    });
    await t.step("kill, and wait", async () => {
      const waiting = orlop("wait", a, b);
      const alive = orlop("kill", "--signal", "URG", a);
      assertEquals(await alive, done(a));
      assertEquals(readExit(store.agent, one.id), undefined);
      assertEquals(await orlop("kill", "-s", "SIGUSR1", a), done(a));
      const all = await orlop("kill", "--all", "--signal", "15");
      assertEquals([all.code, all.err, all.out.includes(b)], [0, [], true]);
      assertEquals(await waiting, done("4", "9"));
      assertEquals(await orlop("wait", "--condition", "stopped", a), done("4"));
      assertEquals(await row(a, "{{.State}}/{{.ExitCode}}"), done("exited/4"));
      const late = await orlop("kill", a);
      assertEquals([late.code, late.out], [1, []]);
      const odd = await orlop("wait", "--condition", "odd", a);
      assertEquals([odd.code, odd.err[0]], [
        2,
        'orlop: Cannot use "--condition=odd": use one of configured, created, ' +
        "initialized, running, paused, stopped, exited",
      ]);
    });
    await t.step("stop", async () => {
      assertEquals(await orlop("stop", c), done(c));
      const left = await orlop("stop", "--all");
      assertEquals(left.code, 0);
      assertEquals(left.out.toSorted(), [a, b].toSorted());
      assertEquals(await orlop("stop", "--all"), done());
      assertEquals(await orlop("stop", "-i", "nope"), done());
    });
    await t.step("rm", async () => {
      const gone = await orlop("rm", "--all");
      assertEquals([gone.code, gone.out.toSorted()], [0, ids.toSorted()]);
      assertEquals(await orlop("rm", "--force", "nope"), done());
      assertEquals((await orlop("rm", "nope")).code, 3);
    });
  },
);

Deno.test(
  "rm refuses what runs unless it is forced",
  MONITOR_NEEDS,
  async () => {
    await using store = await monitoredStore();
    const orlop = cliOn(store);
    const { id } = await store.run("sleep 60");
    const refused = await orlop("rm", id);
    assertEquals([refused.code, refused.out], [4, []]);
    assertEquals(await orlop("container", "exists", id), done());
    assertEquals(await orlop("rm", "--force", "--time", "0", id), done(id));
    assertEquals((await orlop("container", "exists", id)).code, 1);
  },
);

Deno.test(
  "stop ends what runs, and unmounts what was mounted",
  MONITOR_NEEDS,
  async (t) => {
    await using store = await monitoredStore();
    const orlop = cliOn(store);
    for (
      const [flags, code] of [[["--force"], 137], [["-t", "30"], 9]] as const
    ) {
      await t.step(flags.join(" "), async () => {
        const { id, readLog } = await store.run(PATIENT);
        await until(() => /up/.test(readLog()));
        assertEquals(await orlop("stop", ...flags, id), done(id));
        assertEquals((await untilEnded(store.agent, id)).exitCode, code);
        const mount = await orlop("inspect", id, "-f", "<{{.MountPoint}}>");
        assertEquals(mount, done("<>"));
      });
    }
  },
);

Deno.test(
  "logs shows what was written, where it was written",
  MONITOR_NEEDS,
  async (t) => {
    await using store = await monitoredStore();
    const orlop = cliOn(store);
    const one = await store.run("echo a; echo b >&2; echo c; printf d");
    const two = await store.run("echo x; echo y");
    await untilEnded(store.agent, one.id);
    await untilEnded(store.agent, two.id);
    const logs = async (...words: string[]) => {
      const { code, out, err } = await orlop("logs", ...words);
      assertEquals(code, 0, err.join());
      return [out.join(""), err.join("")];
    };
    const [name = ""] = (await orlop("inspect", one.id, "-f", "{{.Name}}")).out;
    const [s1, s2] = [shortId(one.id), shortId(two.id)];
    const cases: readonly (readonly [string[], string, string])[] = [
      [[one.id], "a\nc\nd", "b\n"],
      [["--tail", "1", two.id], "y\n", ""],
      [["--tail", "0", two.id], "", ""],
      [["--tail", "all", two.id], "x\ny\n", ""],
      [["-f", two.id], "x\ny\n", ""],
      [["--since", "1h", two.id], "x\ny\n", ""],
      [["--until", "2020-01-01", two.id], "", ""],
      [
        [two.id, one.id],
        `${s2} x\n${s2} y\n${s1} a\n${s1} c\n${s1} d`,
        `${s1} b\n`,
      ],
      [["--names", one.id], "a\nc\nd", "b\n"],
    ];
    for (const [words, out, err] of cases) {
      await t.step(words.join(" "), async () => {
        assertEquals(await logs(...words), [out, err]);
      });
    }
    await t.step("by name", async () => {
      const [out = ""] = await logs("-n", one.id, two.id);
      assert(out.startsWith(`${name} a\n`), out);
      const [stamped = ""] = await logs("-t", two.id);
      assert(/^\d{4}-\d\d-\d\dT\S+ x\n\d{4}-\S+ y\n$/.test(stamped), stamped);
      const [both = ""] = await logs("-t", "-f", two.id, one.id);
      assert(new RegExp(`^${s2} \\d{4}-\\S+ x$`, "m").test(both), both);
    });
  },
);
