import { assert, assertEquals } from "@std/assert";
import { examine } from "../../../src/engine/doctor/doctor.ts";
import type { ExamineOptions } from "../../../src/engine/doctor/examine_options.ts";
import { hostChecks } from "../../../src/engine/doctor/check_host.ts";
import { findProgram } from "../../../src/process/find_program.ts";
import { runCommand } from "../../../src/process/run_command.ts";
import { libc } from "../../support/own_libc.ts";
import { needs } from "../../support/peers.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

function optionsIn(dir: TempDir): ExamineOptions {
  return {
    ...{ root: dir.join("root"), runRoot: dir.join("run"), libc, env: {} },
  };
}

Deno.test("examine() asks all, in order, and continues when one fails", {
  ...needs("root", "mount", "tar", "findmnt", "runc"),
}, async () => {
  using dir = tempDir("/var/tmp");
  const options = optionsIn(dir);
  const node = {
    ...{ isServed: true, cgroupManager: "cgroupfs" as const },
    networks: { configDirectory: dir.join("net.d") },
  };
  const findings = await examine({ ...options, node });
  const checks = findings.map(({ check }) => check);
  const distinct = checks.filter((check, at) => check !== checks[at - 1]);
  assertEquals(distinct.filter((check) => check !== "free inodes"), [
    ...["user", "kernel", "file system", "free space", "cgroups", "programs"],
    ...["runtime", "clock", "names", "proxy", "monitor", "networks"],
    ...["cgroup driver", "kernel settings", "overlay"],
    ...distinct.slice(
      distinct.indexOf("overlay") + 1,
      distinct.indexOf("locks of other tools"),
    ),
    ...["locks of other tools", "permissions"],
  ]);
  const withoutEnv = {
    ...options,
    get env(): never {
      throw new Error("no such thing");
    },
  };
  const failing = await examine(withoutEnv);
  assertEquals(failing.filter(({ found }) => found === "no such thing"), [{
    ...{ check: "proxy", state: "fail", found: "no such thing" },
    advice: "Without this result, other results may be wrong",
  }]);
  assertEquals(failing.at(-1)?.check, "permissions");
  const signal = AbortSignal.abort("enough");
  const error = await examine({ ...options, signal }).catch((error) => error);
  assertEquals(error, "enough");
});

Deno.test("hostChecks() tell of this machine", {
  ...needs("root", "mount", "tar", "findmnt", "runc"),
}, async () => {
  using dir = tempDir("/var/tmp");
  const found = async (name: string) => {
    const check = hostChecks(optionsIn(dir)).find((one) => one.name === name);
    const findings = await check?.look() ?? [];
    return findings.map(({ state, found }) => `${state}: ${found}`);
  };
  assertEquals(await found("user"), ["ok: root"]);
  const findmnt = async (...args: string[]) =>
    (await runCommand(findProgram("findmnt"), args)).stdout.trim();
  const [type, target] = (await findmnt(
    ...["--noheadings", "--output", "FSTYPE,TARGET", "--target", dir.path],
  )).split(/\s+/);
  assertEquals(
    (await found("file system")).map((line) => line.replace(/^\w+: /, "")),
    [`${type} on ${target}`],
  );
  const version = async (program: string) =>
    (await runCommand(findProgram(program), ["--version"])).stdout
      .split("\n")[0] ?? "";
  assertEquals(await found("programs"), [
    `ok: mount: ${(await version("mount")).replace(/ \(.*: .*/, "")}`,
    `ok: tar: ${await version("tar")}`,
  ]);
  const [runtime = ""] = await found("runtime");
  assert(
    runtime.includes(`${findProgram("runc")}: ${await version("runc")}`),
  );
  const [clock = ""] = await found("clock");
  assert(/^ok: \d{4}-.*Z$/.test(clock), clock);
  const [space = "", inodes] = await found("free space");
  assert(/^\w+: [\d.]+ \wB of [\d.]+ \wB$/.test(space), space);
  if (inodes !== undefined) {
    assert(/^\w+: [\d,]+ of [\d,]+$/.test(inodes), inodes);
  }
});
