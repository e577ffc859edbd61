import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  attachToContainer,
  execInContainer,
  type ExecOptions,
} from "../../../src/engine/processes/exec_in_container.ts";
import { pauseContainer } from "../../../src/engine/processes/pause_container.ts";
import { ContainerNotFoundError } from "../../../src/errors/not_found_errors.ts";
import {
  MONITOR_NEEDS,
  type MonitoredStore,
  monitoredStore,
} from "../../support/monitored_container.ts";
import { libc } from "../../support/own_libc.ts";
import { needsThat } from "../../support/peers.ts";

const NEEDED = MONITOR_NEEDS.ignore
  ? MONITOR_NEEDS
  : needsThat(libc?.sockets !== undefined, "libc has no sockets");

/** Runs a command in a container. @returns What it printed, and its exit code. */
async function run(
  { agent }: MonitoredStore,
  id: string,
  options: ExecOptions,
): Promise<readonly [string, number | undefined]> {
  await using process = await execInContainer(agent, id, options);
  const [text] = await Promise.all([
    new Response(process.stdout).text(),
    process.stderr.cancel(),
  ]);
  return [text.trim(), await process.ended];
}

async function rootOf({ agent }: MonitoredStore, id: string): Promise<string> {
  using held = await agent.store.lock({ containers: "read" });
  const layer = held.containers.lookUp(id)?.layer ?? "";
  return join(agent.store.paths.home, layer, "merged");
}

const WHO =
  "id -u; id -g; echo $HOME; echo $FOO; grep CapEff /proc/self/status";

Deno.test("execInContainer() runs a command as a user of the container", {
  ...NEEDED,
}, async (t) => {
  await using test = await monitoredStore();
  const { id } = await test.run("sleep 1000");
  const root = await rootOf(test, id);
  await Deno.mkdir(join(root, "etc"), { recursive: true });
  await Deno.writeTextFile(
    join(root, "etc/passwd"),
    "web:x:7:8::/srv/web:/bin/sh\n",
  );
  await Deno.writeTextFile(join(root, "etc/group"), "staff:x:9:web\n");
  const command = ["/bin/sh", "-c", WHO];
  const lines = async (options: Omit<ExecOptions, "command">) => {
    const [text, code] = await run(test, id, { command, ...options });
    assertEquals(code, 0);
    const [uid, gid, home, foo, caps = ""] = text.split("\n");
    return [[uid, gid, home, foo], caps.replace(/^CapEff:\s*/, "")] as const;
  };
  await t.step("of the process, if none is named", async () => {
    const [who, caps] = await lines({ env: ["FOO=bar"] });
    assertEquals(who, ["0", "0", who[2], "bar"]);
    assert(/^[0-9a-f]{16}$/.test(caps));
  });
  await t.step("by name, with the home directory", async () => {
    const [who] = await lines({ user: "web", env: ["FOO=bar"] });
    assertEquals(who, ["7", "8", "/srv/web", "bar"]);
    const [other] = await lines({ user: "web", env: ["HOME=/other"] });
    assertEquals(other, ["7", "8", "/other", ""]);
  });
  await t.step("by name and group", async () => {
    assertEquals((await lines({ user: "web:staff" }))[0].slice(0, 2), [
      ...["7", "9"],
    ]);
  });
  await t.step("with all capabilities", async () => {
    const [, few] = await lines({});
    const [, all] = await lines({ privileged: true });
    assert(BigInt(`0x${all}`) > BigInt(`0x${few}`), `${all} ${few}`);
    assertEquals(BigInt(`0x${all}`), test.agent.host.readCapabilities());
  });
  await t.step("whom it has not", async () => {
    await assertRejects(
      () => run(test, id, { command, user: "nobody" }),
      TypeError,
    );
  });
  await t.step("and tells its exit code", async () => {
    const fail = ["/bin/sh", "-c", "exit 3"];
    assertEquals(await run(test, id, { command: fail }), ["", 3]);
  });
  await t.step("unless it is aborted before", async () => {
    const signal = AbortSignal.abort("enough");
    const error = await run(test, id, { command, signal })
      .catch((error) => error);
    assertEquals(error, "enough");
  });
});

Deno.test("execInContainer() and others need a container with a process", {
  ...NEEDED,
}, async () => {
  await using test = await monitoredStore();
  const { agent } = test;
  const { id } = await test.make("sleep 1000");
  const [name] = await (async () => {
    using held = await agent.store.lock({ containers: "read" });
    return held.containers.lookUp(id)?.names ?? [];
  })();
  const command = ["/bin/true"];
  const cases = [
    [() => execInContainer(agent, id, { command }), "run a command in"],
    [() => attachToContainer(agent, id), "attach to"],
    [() => pauseContainer(agent, id, { action: "pause" }), "pause"],
    [() => pauseContainer(agent, id, { action: "resume" }), "resume"],
  ] as const;
  for (const [call, doing] of cases) {
    const { message } = await assertRejects(call, Error);
    assertEquals(
      message,
      `Cannot ${doing} container "${name}": nothing runs in it`,
    );
  }
  for (
    const call of [
      () => execInContainer(agent, "none", { command }),
      () => attachToContainer(agent, "none"),
      () => pauseContainer(agent, "none", { action: "pause" }),
    ]
  ) await assertRejects(call, ContainerNotFoundError);
});

Deno.test("attachToContainer() leads its streams", NEEDED, async () => {
  await using test = await monitoredStore();
  const { id } = await test.run(
    "until test -e /go; do sleep 0.1; done; echo on; sleep 0.2; exit 5",
  );
  const process = await attachToContainer(test.agent, id);
  await Deno.writeTextFile(join(await rootOf(test, id), "go"), "");
  const [text] = await Promise.all([
    new Response(process.stdout).text(),
    process.stderr.cancel(),
  ]);
  assertEquals(text, "on\n");
  await process[Symbol.asyncDispose]();
});
