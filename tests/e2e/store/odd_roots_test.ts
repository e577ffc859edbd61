/** Stores in places that people choose: links, odd names, stacked overlays. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { basename, dirname } from "@std/path";
import { existsSync } from "node:fs";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { needs } from "../../support/peers.ts";
import {
  ORLOP,
  type ProgramResult,
} from "../../support/programs/orlop_program.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

const NEEDED = needs("root", "busybox", "tar", "mount", "findmnt", "runc");

async function orlop(
  { path }: TempDir,
  [root, runRoot]: readonly [string, string],
  ...args: string[]
): Promise<ProgramResult> {
  const { code, stdout, stderr } = await new Deno.Command(ORLOP, {
    args: ["--root", root, "--runroot", runRoot, ...args],
    cwd: path,
    env: { ORLOP_DENO: Deno.execPath(), NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const toText = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, out: toText(stdout), err: toText(stderr) };
}

function mountsIn({ path }: TempDir): readonly string[] {
  return Deno.readTextFileSync("/proc/self/mountinfo").split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((target) => target.startsWith(`${path}/`));
}

Deno.test("containers run wherever the store is", NEEDED, async (t) => {
  using dir = tempDir();
  await writeBusyboxLayout(dir.join("tiny"));
  for (const name of ["disk", "ram"]) await Deno.mkdir(dir.join(name));
  await Deno.symlink("disk", dir.join("data"));
  await Deno.symlink(dir.join("ram"), dir.join("run"));
  await Deno.symlink(dir.join("disk/linked"), dir.join("itself"));
  await Deno.mkdir(dir.join("disk/linked"));
  for (
    const [name, root, runRoot] of [
      ["below symbolic links", dir.join("data/a"), dir.join("run/a")],
      ["symbolic links", dir.join("itself"), dir.join("run")],
      ["relative", "data/b", "run/b"],
      ["with dots", dir.join("data/../data/./c//"), dir.join("ram/../run/c/")],
      ["odd names", dir.join("a b%20ü$(x)'#"), dir.join("ram/r %s ß&;")],
    ] as const
  ) {
    await t.step(name, async () => {
      const run = async (...args: string[]) => {
        const result = await orlop(dir, [root, runRoot], ...args);
        assertEquals([result.code, result.err.split("\n").length], [0, 1]);
        return result.out;
      };
      await run("pull", `oci:${dir.join("tiny")}:latest`);
      assertEquals(await run("run", "--rm", "tiny", "echo", "hi"), "hi");
      await run("container", "create", "--pod=new:p", "--name=c", "tiny");
      const mounted = await run("start", "c");
      assertEquals(await Deno.realPath(mounted), mounted);
      assertMatch(
        await run("ps", "--format={{.Names}} {{.State}}"),
        /^c mount/,
      );
      await run("stop", "c");
      await run("pod", "rm", "--force", "p");
      await run("rmi", "tiny");
      assertEquals(mountsIn(dir), []);
    });
  }
});

Deno.test("doctor tries overlay before the first pull", NEEDED, async (t) => {
  using dir = tempDir();
  for (const name of ["lower", "upper", "work", "merged", "plain"]) {
    await Deno.mkdir(dir.join(name));
  }
  const paths = `lowerdir=${dir.join("lower")},upperdir=${dir.join("upper")}`;
  const { success } = await new Deno.Command("mount", {
    args: [
      ...["-t", "overlay", "overlay", "-o"],
      `${paths},workdir=${dir.join("work")}`,
      dir.join("merged"),
    ],
  }).output();
  assert(success);
  try {
    for (
      const [place, state] of [["plain", "ok"], ["merged", "fail"]] as const
    ) {
      await t.step(place, async () => {
        const root = dir.join(place, "root");
        const { out } = await orlop(
          dir,
          [root, dir.join("run")],
          ...["doctor", "--format=json"],
        );
        const findings = JSON.parse(out);
        const found = findings.filter(({ check }: { check: string }) =>
          check === "overlay"
        );
        assertEquals(found.length, 1);
        assertEquals(found[0].state, state);
        const isHelpful = /ext4 or xfs/.test(found[0].advice ?? "");
        assertEquals(isHelpful, state === "fail");
        assert(!existsSync(root), `${basename(dirname(root))} is changed`);
      });
    }
  } finally {
    await new Deno.Command("umount", { args: [dir.join("merged")] }).output();
  }
  assertEquals(mountsIn(dir), []);
});
