/** What runs is seen, ended and put away by other commands, whoever died. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { existsSync, readdirSync } from "node:fs";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { needs } from "../../support/peers.ts";
import { until } from "../../support/until.ts";
import { ORLOP } from "../../support/programs/orlop_program.ts";
import {
  PEERS,
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";

const NEEDED = needs(...PEERS);
const FORMAT = "--format={{.Names}} {{.State}} [{{.ExitCode}}]";
const WAIT = "trap 'exit 7' TERM; while :; do sleep 0.1; done";
const IGNORE = "trap '' TERM INT; while :; do sleep 0.1; done";

/** `orlop run`, going on. */
interface Running {
  /** Of orlop itself. */
  readonly pid: number;
  readonly code: Promise<number>;
  /** The processes of orlop and the runtime, not the container's. */
  killAll(): Promise<void>;
}

async function withImage(): Promise<SharedStore> {
  const store = sharedStore();
  await writeBusyboxLayout(store.join("tiny"));
  await store.orlop("pull", `oci:${store.join("tiny")}:latest`);
  return store;
}

/** Starts a container called `app`, and waits until it runs. */
async function start(
  store: SharedStore,
  { flags = [], script = WAIT }: {
    readonly flags?: readonly string[];
    readonly script?: string;
  } = {},
): Promise<Running> {
  const ready = "echo ready; ";
  const child = new Deno.Command(ORLOP, {
    args: [
      ...["--root", store.root, "--runroot", store.runRoot],
      ...["run", "--name", "app", ...flags, "tiny", "sh", "-c"],
      ready + script,
    ],
    env: { ORLOP_DENO: Deno.execPath() },
    ...{ stdin: "null", stdout: "piped", stderr: "null" },
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  assertEquals(new TextDecoder().decode(value), "ready\n");
  await reader.cancel();
  return {
    pid: child.pid,
    code: child.status.then(({ code }) => code),
    async killAll() {
      for (const pid of [...await listDescendants(child.pid, 1), child.pid]) {
        Deno.kill(pid, "SIGKILL");
      }
      await child.status;
    },
  };
}

/** The processes below one, down to a depth. */
async function listDescendants(
  pid: number,
  depth: number,
): Promise<readonly number[]> {
  if (depth === 0) return [];
  const path = `/proc/${pid}/task/${pid}/children`;
  const ids = (await Deno.readTextFile(path)).split(" ").filter(Boolean)
    .map(Number);
  const below = await Promise.all(
    ids.map((id) => listDescendants(id, depth - 1)),
  );
  return [...ids, ...below.flat()];
}

async function list({ orlop }: SharedStore): Promise<string> {
  return await orlop("ps", FORMAT, "--filter=name=app");
}

async function pidOf({ orlop }: SharedStore): Promise<number> {
  return Number(await orlop("ps", "--format={{.Pid}}", "--filter=name=app"));
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

async function gone(pid: number): Promise<void> {
  for (let tries = 0; isAlive(pid); tries++) {
    if (tries > 200) throw new Error(`process ${pid} lives`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Nothing is left of any container, nor of what ran. */
async function assertNothingLeft(store: SharedStore): Promise<void> {
  assertEquals(await store.orlop("ps", "-q"), "");
  assertEquals(store.mounts(), []);
  assertEquals(store.check(), []);
  const states = `${store.runRoot}/orlop/runtimes/runc`;
  assertEquals(readdirSync(states), []);
}

Deno.test("a container that runs is seen, and kept", NEEDED, async (t) => {
  await using store = await withImage();
  const { orlop, tryOrlop } = store;
  const running = await start(store);
  const pid = await pidOf(store);
  assert(isAlive(pid));
  assertEquals(await list(store), "app running []");
  assertMatch(await orlop("ps"), / Up (Less than a|\d+) seconds? +app$/m);
  const [shown] = JSON.parse(
    await orlop("ps", "--format=json", "--filter=name=app"),
  );
  const { State, Pid, ExitCode, StartedAt, FinishedAt } = shown;
  assertEquals({ State, Pid, ExitCode, FinishedAt }, {
    ...{ State: "running", Pid: pid, ExitCode: null, FinishedAt: null },
  });
  assert(Date.parse(StartedAt) <= Date.now());
  for (
    const [command, code, why] of [
      [
        "rm app",
        4,
        `it is running (process ${pid}); stop it first, or use --f`,
      ],
      ["rm --all", 4, `it is running (process ${pid})`],
      ["pod rm app-pod", 4, 'it has containers "app"'],
      ["rmi tiny", 4, '"app" uses it'],
      ["gc --all --containers=stopped --leftover-age=0s", 0, ""],
      ["gc --all --containers=vanished --leftover-age=0s", 0, ""],
    ] as const
  ) {
    await t.step(command, async () => {
      const result = await tryOrlop(...command.split(" "));
      assertEquals(result.code, code, result.err);
      assertStringIncludes(result.err, why);
      assertEquals(result.out, "");
      assertEquals(await list(store), "app running []");
      assertEquals(await pidOf(store), pid);
    });
  }
  await t.step("stop ends it by its signal", async () => {
    assertEquals(await orlop("stop", "app"), "app");
    assertEquals(await running.code, 7);
    assert(!isAlive(pid));
    assertEquals(store.mounts(), []);
    assertEquals(await list(store), "app exited [7]");
    assertMatch(await orlop("ps"), / Exited \(7\) .* ago +app$/m);
    assertEquals(
      await orlop("ps", FORMAT, "--filter=exited=7"),
      "app exited [7]",
    );
    assertEquals(await orlop("ps", FORMAT, "--filter=status=running"), "");
  });
  await t.step("what has ended is stopped, but not killed", async () => {
    assertEquals(await orlop("stop", "app"), "app");
    const { code, err } = await tryOrlop("kill", "app");
    assertEquals(code, 1);
    assertStringIncludes(err, 'kill container "app": nothing runs in it');
    assertEquals(await list(store), "app exited [7]");
  });
  await t.step("rm removes it, and the pod made for it", async () => {
    await orlop("rm", "app");
    await assertNothingLeft(store);
  });
});

Deno.test("what runs is ended and put away", NEEDED, async (t) => {
  await using store = await withImage();
  for (
    const { command, own = [], script = WAIT, code, after } of [
      { command: "stop --time 1 app", script: IGNORE, code: 137 },
      { command: "stop --time 1 --all", script: IGNORE, code: 137 },
      { command: "stop --force app", script: WAIT, code: 137 },
      {
        command: "stop app",
        own: ["--stop-signal=USR1"],
        script: "trap 'exit 8' USR1; while :; do sleep 0.1; done",
        code: 8,
      },
      {
        command: "stop app",
        own: ["--stop-timeout=1"],
        script: IGNORE,
        code: 137,
      },
      { command: "kill app", code: 137 },
      { command: "kill --signal TERM app", code: 7 },
      { command: "kill --signal 15 --all", code: 7 },
      { command: "pod kill --signal sigterm app-pod", code: 7 },
      { command: "pod stop app-pod", code: 7 },
      { command: "pod stop --all --time 1", script: IGNORE, code: 137 },
      { command: "rm --force app", code: 7, after: "" },
      { command: "rm --force --all --time 0", code: 137, after: "" },
      { command: "pod rm --force app-pod", code: 7, after: "" },
      { command: "pod rm -f -t 1 -a", script: IGNORE, code: 137, after: "" },
      { command: "rmi --force tiny", code: 7, after: "" },
    ] as const
  ) {
    for (const removal of [[], ["--rm"]]) {
      const flags = [...own, ...removal];
      await t.step([command, ...flags].join(" "), async () => {
        await store.orlop("pull", `oci:${store.join("tiny")}:latest`);
        const running = await start(store, { flags, script });
        const pid = await pidOf(store);
        await store.orlop(...command.split(" "));
        assertEquals(await running.code, code);
        assert(!isAlive(pid));
        const isGone = removal.length > 0 || after === "";
        assertEquals(await list(store), isGone ? "" : `app exited [${code}]`);
        if (!isGone) await store.orlop("rm", "app");
        await assertNothingLeft(store);
      });
    }
  }
});

Deno.test(
  "what outlives its orlop is seen, and put away",
  NEEDED,
  async (t) => {
    await using store = await withImage();
    const { orlop, tryOrlop } = store;
    const gc = "gc --containers=vanished";
    for (
      const { flags, command, after = "" } of [
        { flags: [], command: "rm --force --time 0 app" },
        { flags: ["--rm"], command: "rm --force app" },
        { flags: [], command: "pod rm --force app-pod" },
        { flags: [], command: "stop app", after: "app exited []" },
        { flags: [], command: "kill app", after: "app exited []" },
        { flags: ["--rm"], command: "kill app", after: "app exited []" },
      ] as const
    ) {
      await t.step([command, ...flags].join(" "), async () => {
        const running = await start(store, { flags });
        const pid = await pidOf(store);
        await running.killAll();
        assertEquals(await list(store), "app running []");
        assertEquals(await orlop(...gc.split(" ")), "");
        assertEquals((await tryOrlop("rm", "app")).code, 4);
        assert(isAlive(pid));
        await orlop(...command.split(" "));
        await gone(pid);
        assertEquals(await list(store), after);
        if (after !== "") {
          assertMatch(await orlop("ps"), / Exited \(unknown\) +app$/m);
          if (flags.length > 0) await orlop(...gc.split(" "));
          else await orlop("rm", "app");
        }
        await assertNothingLeft(store);
      });
    }
  },
);

Deno.test(
  "a paused container is seen, and continues to its end",
  NEEDED,
  async (t) => {
    await using store = await withImage();
    const commands = [
      ["stop app", 7],
      ["rm -f app", 7],
      ["kill -s TERM app", 7],
      ["kill app", 137],
    ] as const;
    for (const [command, expected] of commands) {
      await t.step(command, async () => {
        const running = await start(store, { flags: ["--rm"] });
        const id = await store.orlop("ps", "-q", "--no-trunc", "-f=name=app");
        const states = `${store.runRoot}/orlop/runtimes/runc`;
        await new Deno.Command("runc", {
          args: ["--root", states, "pause", id],
        })
          .output();
        assertEquals(await list(store), "app paused []");
        const { code, err } = await store.tryOrlop("rm", "app");
        assertEquals(code, 4);
        assertStringIncludes(err, "it is paused (process ");
        await store.orlop("kill", "-s", "WINCH", "app");
        assertEquals(await list(store), "app paused []");
        await store.orlop(...command.split(" "));
        assertEquals(await running.code, expected);
        await assertNothingLeft(store);
      });
    }
  },
);

Deno.test("what people run by hand is seen, too", NEEDED, async () => {
  await using store = await withImage();
  const { orlop } = store;
  const make = [
    ...["container", "create", "--pod=new:hand", "--name=app", "tiny"],
    ...["sh", "-c", WAIT],
  ];
  const id = await orlop(...make);
  await orlop("start", "app");
  const bundle = await orlop("container", "dirs", "--run", "app");
  const { success } = await new Deno.Command("runc", {
    args: ["run", "--detach", "--bundle", bundle, id],
    ...{ stdin: "null", stdout: "null", stderr: "null" },
  }).output();
  assert(success);
  const pid = await pidOf(store);
  assertEquals(await list(store), "app running []");
  const { code, err } = await store.tryOrlop("rm", "app");
  assertEquals(code, 4);
  assertStringIncludes(err, `it is running (process ${pid})`);
  await orlop("stop", "app");
  await gone(pid);
  assertEquals(store.mounts(), []);
  assert(!existsSync(`/run/runc/${id}`));
  await orlop("pod", "rm", "--force", "hand");
  assertEquals(store.check(), []);
});

Deno.test(
  "signals reach what runs, and end what does not hear",
  NEEDED,
  async (t) => {
    await using store = await withImage();
    const script =
      "trap 'exit 5' USR1; trap 'exit 6' HUP; trap 'exit 8' QUIT; " +
      WAIT;
    for (
      const [name, signals, code, sh] of [
        ["USR1", ["SIGUSR1"], 5, script],
        ["HUP", ["SIGHUP"], 6, script],
        ["QUIT", ["SIGQUIT"], 8, script],
        ["TERM", ["SIGTERM"], 7, script],
        ["the third one", ["SIGTERM", "SIGINT", "SIGTERM"], 137, IGNORE],
      ] as const
    ) {
      await t.step(name, async () => {
        const flags = ["--rm"];
        const running = await start(store, { flags, script: `${sh}` });
        for (const [index, signal] of signals.entries()) {
          assertEquals(await list(store), "app running []", `before ${index}`);
          Deno.kill(running.pid, signal);
        }
        assertEquals(await running.code, code);
        await assertNothingLeft(store);
      });
    }
  },
);

Deno.test(
  "a runtime that hangs is ended by the second signal",
  NEEDED,
  async () => {
    await using store = await withImage();
    const { orlop, root, runRoot } = store;
    await orlop(
      "container",
      "create",
      "--pod=new:p",
      "--name=app",
      "tiny",
      "true",
    );
    // A hook that does not end: the runtime waits for it, and hears nothing.
    const work = await orlop("container", "dirs", "--work", "app");
    const template = JSON.parse(await Deno.readTextFile(`${work}/config.json`));
    template.hooks = {
      createRuntime: [{ path: "/bin/sleep", args: ["sleep", "30"] }],
    };
    await Deno.writeTextFile(`${work}/config.json`, JSON.stringify(template));
    const program = new URL(
      "../../support/programs/run_existing.ts",
      import.meta.url,
    );
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", program.href, root, runRoot, "app"],
      ...{ stdin: "null", stdout: "null", stderr: "null" },
    }).spawn();
    const states = `${runRoot}/orlop/runtimes/runc`;
    await until(() => existsSync(states) && readdirSync(states).length > 0);
    assertEquals(await list(store), "app starting []");
    assertEquals((await store.tryOrlop("rm", "app")).code, 4);
    child.kill("SIGTERM");
    assertEquals(await list(store), "app starting []");
    child.kill("SIGTERM");
    assertEquals((await child.status).code, 137);
    assertEquals(store.mounts(), []);
    assertEquals(readdirSync(states), []);
    assertEquals(await list(store), "app exited [137]");
    await orlop("pod", "rm", "--force", "p");
    await assertNothingLeft(store);
  },
);

Deno.test(
  "an image's stop signal is the one that is sent",
  NEEDED,
  async () => {
    await using store = await withImage();
    const layout = store.join("tiny");
    const umoci = new Deno.Command("umoci", {
      args: [
        ...["config", "--image", `${layout}:latest`, "--tag", "usr1"],
        ...["--config.stopsignal", "SIGUSR1"],
      ],
    });
    assert((await umoci.output()).success);
    await store.orlop("pull", `oci:${layout}:usr1`);
    const child = new Deno.Command(ORLOP, {
      args: [
        ...["--root", store.root, "--runroot", store.runRoot],
        ...["run", "--rm", "--name", "app", "tiny:usr1", "sh", "-c"],
        "trap 'exit 9' USR1; echo ready; while :; do sleep 0.1; done",
      ],
      env: { ORLOP_DENO: Deno.execPath() },
      ...{ stdin: "null", stdout: "piped", stderr: "null" },
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    await store.orlop("stop", "app");
    assertEquals((await child.status).code, 9);
    await assertNothingLeft(store);
  },
);

Deno.test(
  "podman's containers stay podman's, also by force",
  NEEDED,
  async (t) => {
    await using store = await withImage();
    const { podman, tryOrlop } = store;
    await store.podmanRun(
      "-d",
      "--name",
      "live",
      "localhost/tiny",
      "sleep",
      "99",
    );
    await podman("create", "--name", "ended", "localhost/tiny", "true");
    const before = store.mounts();
    try {
      for (const name of ["live", "ended"]) {
        for (
          const [command, advice] of [
            ["rm", `use "podman rm ${name}"`],
            ["rm --force", `use "podman rm ${name}"`],
            ["stop", `use "podman stop ${name}"`],
            ["stop --force", `use "podman stop ${name}"`],
            ["kill", `use "podman kill ${name}"`],
            ["start", `use "podman start ${name}"`],
          ] as const
        ) {
          await t.step(`${command} ${name}`, async () => {
            const result = await tryOrlop(...command.split(" "), name);
            assertEquals([result.code, result.out], [5, ""], result.err);
            assertStringIncludes(result.err, `it belongs to podman; ${advice}`);
          });
        }
      }
      for (
        const command of ["rm -f -a", "stop -a", "kill -a", "pod rm -f -a"]
      ) {
        await t.step(command, async () => {
          assertEquals(await store.orlop(...command.split(" ")), "");
        });
      }
      await t.step("rmi --force", async () => {
        const { code, err } = await tryOrlop("rmi", "--force", "tiny");
        assertEquals(code, 4);
        assertStringIncludes(err, "podman rm live; podman rm ended");
      });
      await t.step("gc", async () => {
        const all = ["--all", "--containers=stopped", "--leftover-age=0s"];
        assertEquals(await store.orlop("gc", ...all), "");
      });
      assertEquals(store.mounts(), before);
      assertEquals(await podman("exec", "live", "echo", "alive"), "alive");
      assertMatch(await store.orlop("ps"), / Storage +podman +ended$/m);
    } finally {
      await podman("rm", "-f", "-t", "0", "live", "ended");
    }
    assertEquals(store.check(), []);
  },
);
