/** A pod's life under the kubelet, step by step, each of them checked. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { sleep } from "../../../src/errors/abort.ts";
import { messageOf } from "../../../src/errors/why.ts";
import { killProcess } from "../../../tests/support/kill_process.ts";
import { crictl, listObjects, type Place } from "./crictl.ts";
import { type Kubelet, type KubeletPod, startKubelet } from "./kubelet.ts";
import { findLeftovers, listTraces } from "./leftovers.ts";
import { HOST_PORT, STATE, WEB_POD } from "./static_pods.ts";
import { BUSYBOX, NGINX } from "./stand_in_images.ts";
import { createTally, type Tally } from "./tally.ts";
import { within } from "./within.ts";

/** What a step works with. */
interface Fixture extends Place {
  readonly kubelet: Kubelet;
  readonly manifest: string;
  /** What the node was like before the pod. */
  readonly before: ReadonlySet<string>;
}

const STEPS:
  readonly (readonly [string, (fixture: Fixture) => Promise<void>])[] = [
    ["a manifest becomes a pod that is ready", becomeReady],
    ["the init container ran before the others", haveRunInit],
    ["the host's port answers", answer],
    ["logs are where the kubelet and crictl look for them", haveLogs],
    ["crictl exec, streamed and in one call", execute],
    ["crictl port-forward", forwardPort],
    ["the kubelet and crictl see statistics", haveStatistics],
    ["a container that is killed runs again", restartAfterKill],
    ["a liveness probe that fails restarts its container", restartAfterProbe],
    ["the daemon is killed and restarted, and nothing restarts", surviveDaemon],
    ["an exit while no daemon runs is not missed", noticeExit],
    ["without the manifest the pod is gone, and all that it had", remove],
  ];

/** Runs all steps, and ends after the first that fails. */
export async function runUnderKubelet(place: Place): Promise<Tally> {
  const tally = createTally();
  for (const image of [BUSYBOX, NGINX]) await crictl(place, "pull", image);
  const before = await listTraces(place);
  await using kubelet = await startKubelet(place);
  tally.note("the kubelet starts", "passed");
  const manifest = `${kubelet.manifests}/web.json`;
  await Deno.writeTextFile(manifest, JSON.stringify(WEB_POD));
  for (const [name, step] of STEPS) {
    try {
      await step({ ...place, kubelet, manifest, before });
      tally.note(name, "passed");
    } catch (error) {
      tally.note(
        name,
        "failed",
        `${messageOf(error)}\n${await kubelet.tail()}`,
      );
    }
  }
  return tally;
}

async function becomeReady({ kubelet }: Fixture): Promise<void> {
  const pod = await within(90, async () => {
    const found = await kubelet.pod("web");
    assert(found.isReady, `not ready: ${describe(found)}`);
    return found;
  });
  assertMatch(pod.ip, /^10\.251\./);
}

async function haveRunInit(fixture: Fixture): Promise<void> {
  const { containers } = await fixture.kubelet.pod("web");
  const state = containers.get("setup")?.state["terminated"];
  assertMatch(
    JSON.stringify(state ?? null),
    /"exitCode":0.*"reason":"Completed"/,
  );
  const found = await crictl(
    fixture,
    "exec",
    idOf(containers, "side"),
    "cat",
    "/shared/state",
  );
  assertEquals(found.trim(), STATE);
}

async function answer(): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${HOST_PORT}/`);
  assertEquals(await response.text(), "hello\n");
}

async function haveLogs(fixture: Fixture): Promise<void> {
  const { uid, containers } = await fixture.kubelet.pod("web");
  const file = `${fixture.kubelet.logs}/default_web-node_${uid}/side/0.log`;
  assertMatch(await Deno.readTextFile(file), / stdout F tick 1\n/);
  const lines = await crictl(fixture, "logs", idOf(containers, "side"));
  assertMatch(lines, new RegExp(`^${STATE}\ntick 1\ntick 2\n`));
}

async function execute(fixture: Fixture): Promise<void> {
  const { containers, ip } = await fixture.kubelet.pod("web");
  const id = idOf(containers, "side");
  const ways = [[], ["--sync"]];
  // Debian's containerd is older than streams over WebSocket.
  if (fixture.runtime.name === "orlop") ways.push(["--transport", "websocket"]);
  for (const flags of ways) {
    const found = await crictl(
      fixture,
      "exec",
      ...flags,
      id,
      "sh",
      "-c",
      "echo $POD_IP",
    );
    assertEquals(found.trim(), ip, flags.join(" "));
  }
}

async function forwardPort({ node, runtime, kubelet }: Fixture): Promise<void> {
  const { uid } = await kubelet.pod("web");
  const pods = await listObjects({ node, runtime }, "pods", "--state", "ready");
  const pod = pods.find(({ metadata }) =>
    JSON.stringify(metadata).includes(uid)
  );
  const child = new Deno.Command(`${node.programs}/crictl`, {
    args: [
      ...["--config", "/dev/null", "--runtime-endpoint", runtime.endpoint],
      ...["port-forward", String(pod?.["id"]), "18081:80"],
    ],
    ...{ stdin: "null", stdout: "null", stderr: "null" },
  }).spawn();
  try {
    await within(20, async () => {
      const response = await fetch("http://127.0.0.1:18081/");
      assertEquals(await response.text(), "hello\n");
    });
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
}

async function haveStatistics(fixture: Fixture): Promise<void> {
  const { containers } = await fixture.kubelet.pod("web");
  const id = idOf(containers, "side");
  await within(30, async () => {
    const text = await crictl(fixture, "stats", "--output=json", id);
    assertMatch(text, /"workingSetBytes": \{\s*"value": "[1-9]/);
    const response = await fetch("http://127.0.0.1:10255/stats/summary");
    const summary = await response.text();
    assertMatch(summary, /"name": "side"/);
  });
}

async function restartAfterKill(fixture: Fixture): Promise<void> {
  const before = await fixture.kubelet.pod("web");
  const pid = await pidOf(fixture, idOf(before.containers, "web"));
  killProcess(pid, "SIGKILL");
  await awaitRestart(fixture, before, "web");
  await answer();
}

async function restartAfterProbe(fixture: Fixture): Promise<void> {
  const before = await fixture.kubelet.pod("web");
  const id = idOf(before.containers, "side");
  await crictl(fixture, "exec", id, "mv", "/shared/alive", "/shared/dead");
  // The next one is alive from its start.
  await awaitRestart(fixture, before, "side");
}

async function surviveDaemon(fixture: Fixture): Promise<void> {
  const before = await fixture.kubelet.pod("web");
  const oldPid = fixture.runtime.pid;
  await fixture.runtime.restart("SIGKILL");
  assert(fixture.runtime.pid !== oldPid);
  await sleep(QUIET_MS);
  const after = await fixture.kubelet.pod("web");
  assertEquals(describe(after), describe(before));
  await answer();
  const id = idOf(after.containers, "side");
  const ticks = async () =>
    (await crictl(fixture, "logs", "--tail", "1", id)).trim();
  const last = await ticks();
  await within(10, async () => assert(await ticks() !== last, `still ${last}`));
  await execute(fixture);
}

// For longer than the kubelet takes to look at all pods.
const QUIET_MS = 20_000;

async function noticeExit(fixture: Fixture): Promise<void> {
  const before = await fixture.kubelet.pod("web");
  const pid = await pidOf(fixture, idOf(before.containers, "web"));
  killProcess(fixture.runtime.pid, "SIGKILL");
  killProcess(pid, "SIGKILL");
  await fixture.runtime.restart("SIGKILL");
  await awaitRestart(fixture, before, "web");
}

async function remove(fixture: Fixture): Promise<void> {
  await Deno.remove(fixture.manifest);
  await within(90, async () => {
    assertEquals(await listObjects(fixture, "pods"), []);
    // The kubelet's own, which it removes when it looks at them next.
    const found = (await findLeftovers(fixture, fixture.before))
      .filter((trace) => !/kubepods|kubelet/.test(trace));
    assertEquals(found, []);
  });
}

async function awaitRestart(
  { kubelet }: Fixture,
  before: KubeletPod,
  name: string,
): Promise<void> {
  await within(90, async () => {
    const { containers, isReady } = await kubelet.pod("web");
    const [old, now] = [before.containers.get(name), containers.get(name)];
    assertEquals(now?.restarts, (old?.restarts ?? 0) + 1);
    assert(
      now?.id !== old?.id && now?.state["running"] !== undefined && isReady,
    );
  });
}

async function pidOf(place: Place, id: string): Promise<number> {
  const { info } = JSON.parse(await crictl(place, "inspect", id));
  return Number(info.pid);
}

function idOf(containers: KubeletPod["containers"], name: string): string {
  const { id = "" } = containers.get(name) ?? {};
  assertMatch(id, /^[0-9a-f]{64}$/, `no ID of container "${name}"`);
  return id;
}

/** All that changes when something restarts. */
function describe({ uid, ip, containers }: KubeletPod): string {
  return JSON.stringify({ uid, ip, containers: [...containers] });
}
