import { assert, assertEquals } from "@std/assert";
import { writeCheckStatus } from "../../../src/engine/check/check_status.ts";
import { writeCleanupStatus } from "../../../src/engine/cleanup/cleanup_status.ts";
import { forEachKind } from "../../../src/engine/cleanup/cleanup_plan.ts";
import { findSchedulers } from "../../../src/engine/cleanup/schedule.ts";
import { nodeChecks } from "../../../src/engine/doctor/check_node.ts";
import { permissionChecks } from "../../../src/engine/doctor/check_permissions.ts";
import { storeChecks } from "../../../src/engine/doctor/check_store.ts";
import { about, type Check } from "../../../src/engine/doctor/finding.ts";
import type { ExamineOptions } from "../../../src/engine/doctor/examine_options.ts";
import { fakePlugins } from "../../support/nodes/fake_plugins.ts";
import { libc } from "../../support/own_libc.ts";
import { testPod, type TestRuntime } from "../../support/test_runtime.ts";
import { tempDir } from "../../support/temp_dir.ts";

const DAY_MS = 86_400_000;

function patientOf({ agent }: TestRuntime): ExamineOptions {
  const { root, runRoot } = agent.store.paths;
  return { root, runRoot, libc, env: {} };
}

/** What one check finds, a line each. */
async function look(
  checks: readonly Check[],
  wanted: string,
): Promise<readonly string[]> {
  const check = checks.find(({ name }) => name === wanted);
  const found = await check?.look() ?? [];
  return found.map(({ state, found, advice }) =>
    [state, found, ...advice === undefined ? [] : [advice]].join(" | ")
  );
}

Deno.test("about() makes findings of a check", () => {
  const { ok, warn, fail } = about("x");
  assertEquals(ok("a"), { check: "x", state: "ok", found: "a" });
  assertEquals(warn("a", "b"), {
    ...{ check: "x", state: "warn", found: "a", advice: "b" },
  });
  assertEquals(fail("a", "b").state, "fail");
});

Deno.test("storeChecks() finds nothing wrong with a new store", async () => {
  using dir = tempDir();
  const none: ExamineOptions = {
    ...{ root: dir.join("none"), runRoot: dir.join("run"), libc, env: {} },
  };
  assertEquals(await look(storeChecks(none), "store"), [
    `ok | none at ${none.root} yet: the first pull creates it`,
  ]);
  using test = await testPod({ libc });
  const checks = storeChecks(patientOf(test));
  assertEquals(checks.map(({ name }) => name), [
    ...["other tools", "locks", "store", "check", "cleanup"],
  ]);
  assertEquals(await look(checks, "other tools"), [
    "ok | no other tool has used this store",
  ]);
  assertEquals(await look(checks, "locks"), ["ok | none is held for long"]);
  assertEquals(await look(checks, "check"), [
    "ok | no content was verified yet: orlop check --full does",
  ]);
  const [summary] = await look(checks, "store");
  assertEquals(
    summary,
    "ok | containers/storage, overlay: 1 images, 1 containers, 2 layers",
  );
});

Deno.test("storeChecks() sees other tools, and other drivers", async (t) => {
  const own = "Give orlop a store of its own: --root";
  for (
    const driver of ["vfs", "overlay2", "btrfs", "zfs", "aufs", "devicemapper"]
  ) {
    await t.step(driver, async () => {
      using test = await testPod({ libc });
      const options = patientOf(test);
      await Deno.mkdir(`${options.root}/${driver}`);
      assertEquals(await look(storeChecks(options), "other tools"), [
        `fail | ${options.root} has layers of another driver: ${driver} | ${own}`,
      ]);
    });
  }
  for (const sign of ["libpod", "db.sql"]) {
    await t.step(sign, async () => {
      using test = await testPod({ libc });
      const options = patientOf(test);
      await Deno.mkdir(`${options.root}/${sign}`);
      assertEquals(await look(storeChecks(options), "other tools"), [
        "ok | used by podman; orlop respects their locks",
      ]);
      const blind = { ...options, libc: undefined };
      assertEquals(await look(storeChecks(blind), "other tools"), [
        "fail | used by podman | Allow ffi: without it orlop does not see " +
        "their locks",
      ]);
      assertEquals(await look(storeChecks(blind), "locks"), [
        "ok | cannot be seen without libc",
      ]);
    });
  }
});

Deno.test("storeChecks() reports damage that a check has found", async () => {
  using test = await testPod({ libc });
  const { paths } = test.agent.store;
  const status = {
    ...{ time: "2026-01-01T00:00:00Z", depth: "full", durationMs: 1 } as const,
    ...{ checked: 2, damaged: [], leftovers: 0 },
  };
  const checks = storeChecks(patientOf(test));
  const [id, other] = ["ab".repeat(32), "cd".repeat(32)];
  const whole = { time: "2026-01-01T00:00:00Z", faults: [] };
  writeCheckStatus(paths, {
    ...status,
    verified: new Map([[id ?? "", whole]]),
  });
  assertEquals(await look(checks, "check"), [
    "ok | last at 2026-01-01T00:00:00Z (full): 1 layers were verified",
  ]);
  const torn = { time: "2026-01-02T00:00:00Z", faults: ["a is gone", "b"] };
  writeCheckStatus(paths, {
    ...{
      ...status,
      verified: new Map([[id ?? "", whole], [other ?? "", torn]]),
    },
  });
  assertEquals(await look(checks, "check"), [
    `fail | layer ${other}: a is gone, at 2026-01-02T00:00:00Z | Repair it: ` +
    "orlop check --repair",
  ]);
});

Deno.test("storeChecks() reports whether cleanups run", async (t) => {
  using test = await testPod({ libc });
  const checks = storeChecks(patientOf(test));
  const installed = findSchedulers();
  const by = installed.length > 0 ? `by ${installed.join(", ")}` : "by hand";
  await t.step("none so far", async () => {
    const [line = ""] = await look(checks, "cleanup");
    assert(line.startsWith(`warn | ${by}, none so far | `), line);
  });
  const write = (ageMs: number, outcome: "done" | "failed" | "short") => {
    const time = new Date(Date.now() - ageMs).toISOString();
    writeCleanupStatus(test.agent.store.paths, {
      ...{ time, outcome, message: outcome === "done" ? "" : "why" },
      ...{ durationMs: 1, removed: forEachKind(() => 0), freedBytes: 0 },
      ...{ shortfallBytes: 0, disk: undefined, lastDone: undefined },
    });
    return time;
  };
  await t.step("one that is done", async () => {
    const time = write(7 * DAY_MS, "done");
    assertEquals(await look(checks, "cleanup"), [
      `ok | ${by}, last at ${time}: done`,
    ]);
  });
  await t.step("one that was done long ago", async () => {
    const time = write(9 * DAY_MS, "done");
    const found = `${by}, last at ${time}: done`;
    assertEquals(await look(checks, "cleanup"), [
      installed.length > 0
        ? `warn | ${found}, more than a week ago | Does cron or the timer run?`
        : `ok | ${found}`,
    ]);
  });
  for (const outcome of ["failed", "short"] as const) {
    await t.step(outcome, async () => {
      const time = write(0, outcome);
      assertEquals(await look(checks, "cleanup"), [
        `warn | ${by}, last at ${time}: ${outcome}, why | See what it would do: ` +
        "orlop gc --dry-run",
      ]);
    });
  }
});

Deno.test("nodeChecks() looks at networks, and more where orlop serves", async (t) => {
  using plugins = fakePlugins();
  using dir = tempDir();
  const { settings: networks } = plugins;
  const options = (isServed: boolean): ExamineOptions => ({
    ...{ root: dir.path, runRoot: dir.path, libc, env: {} },
    node: { isServed, networks, cgroupManager: "cgroupfs" },
  });
  const [served, alone] = [true, false].map(options);
  assert(served !== undefined && alone !== undefined);
  const { node: _, ...bare } = served;
  assertEquals(nodeChecks(bare), []);
  const names = (one: ExamineOptions) =>
    nodeChecks(one).map(({ name }) => name);
  assertEquals(names(alone), ["monitor", "networks"]);
  assertEquals(names(served), [
    ...["monitor", "networks", "cgroup driver", "kernel settings"],
  ]);
  const none = `none in ${networks.configDirectory}`;
  await t.step("no network", async () => {
    assertEquals(await look(nodeChecks(alone), "networks"), [
      `ok | ${none}: only run --network and serve need one`,
    ]);
    assertEquals(await look(nodeChecks(served), "networks"), [
      `fail | ${none} | Configure one: pods wait for it. Network add-ons of ` +
      "Kubernetes install their own",
    ]);
  });
  await t.step("a plugin that is missing", async () => {
    plugins.describe("10-a.conflist", {
      ...{ cniVersion: "1.0.0", name: "a", plugins: [{ type: "foo" }] },
    });
    const [line = ""] = await look(nodeChecks(served), "networks");
    assert(line.startsWith('fail | a: Cannot run network plugin "foo"'), line);
  });
  await t.step("no ports", async () => {
    plugins.add("foo");
    const [line = ""] = await look(nodeChecks(served), "networks");
    const found =
      "warn | a: foo, by CNI 1.0.0; no plugin forwards ports of the " +
      "host to pods | Add ";
    assert(line.startsWith(found), line);
  });
  await t.step("ports, and a file that is none", async () => {
    plugins.describe("10-a.conflist", {
      ...{ cniVersion: "1.0.0", name: "a" },
      plugins: [{ type: "foo", capabilities: { portMappings: true } }],
    });
    const odd = `${networks.configDirectory}/20-odd.conflist`;
    await Deno.writeTextFile(odd, "{");
    assertEquals(await look(nodeChecks(served), "networks"), [
      `warn | Cannot read "${odd}": not valid JSON | Correct the file, or ` +
      "remove it",
      "ok | a: foo, by CNI 1.0.0",
    ]);
  });
  await t.step("the driver of control groups", async () => {
    assertEquals(await look(nodeChecks(served), "cgroup driver"), [
      "ok | cgroupfs: the kubelet reads it from orlop, or needs the same",
    ]);
  });
});

Deno.test("permissionChecks() reports what orlop may do", async () => {
  using dir = tempDir();
  const options = { root: dir.path, runRoot: dir.path, libc, env: {} };
  const seen = await look(permissionChecks(options), "locks of other tools");
  assertEquals(seen, [
    libc === undefined
      ? "warn | libc is not bound | Do not share this store: allow " +
        "ffi, or use a glibc system"
      : "ok | respected, by fcntl",
  ]);
  const blind = permissionChecks({ ...options, libc: undefined });
  const [line = ""] = await look(blind, "locks of other tools");
  assert(line.startsWith("warn | libc is not bound"), line);
  const launcher = "Start orlop with its launcher";
  const granted = await look(permissionChecks(options), "permissions");
  // Who has taken libc has given it up.
  const others = granted.filter((line) => !line.includes(" ffi: "));
  assertEquals(others.length, granted.length - 1);
  assertEquals(others, [
    `warn | run: all programs | ${launcher}`,
    `warn | net: all hosts | ${launcher}`,
    "ok | read: all files",
    "warn | write: all files | The launcher and the self-extracting file " +
    "grant less",
  ]);
});
