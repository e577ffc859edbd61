import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import {
  type CheckStatus,
  readCheckStatus,
  writeCheckStatus,
} from "../../../src/engine/check/check_status.ts";
import { layOut } from "../../../src/store/paths.ts";
import { tempDir } from "../../support/temp_dir.ts";

const LAYER = {
  time: "2026-06-30T11:00:00.000Z",
  faults: ["a: it is missing"],
};
const STATUS: CheckStatus = {
  time: "2026-06-30T12:00:00.000Z",
  depth: "full",
  durationMs: 1500,
  checked: 7,
  damaged: ["layer a: it is missing"],
  leftovers: 2,
  verified: new Map([["a", LAYER], ["b", { ...LAYER, faults: [] }]]),
};

Deno.test("readCheckStatus() gives what was written", () => {
  using dir = tempDir();
  const paths = layOut({ root: dir.path, runRoot: dir.join("run") });
  assertEquals(readCheckStatus(paths), undefined);
  for (const depth of ["full", "quick"] as const) {
    writeCheckStatus(paths, { ...STATUS, depth });
    assertEquals(readCheckStatus(paths), { ...STATUS, depth });
  }
  assertEquals(statSync(join(dir.path, "orlop")).mode & 0o777, 0o700);
});

Deno.test("readCheckStatus() tolerates what it cannot read", async (t) => {
  using dir = tempDir();
  const paths = layOut({ root: dir.path, runRoot: dir.join("run") });
  const path = join(dir.path, "orlop", "last-check.json");
  writeCheckStatus(paths, STATUS);
  const { verified: _, ...rest } = STATUS;
  for (
    const text of [
      ...["", "{", "[]", "null", '{"time":1}'],
      JSON.stringify({ ...rest, damaged: "a" }),
      JSON.stringify({ ...rest, damaged: [1] }),
      JSON.stringify({ ...rest, leftovers: "2" }),
      JSON.stringify({ ...rest, verified: { a: { time: "" } } }),
    ]
  ) {
    await t.step(text, () => {
      writeFileSync(path, text);
      assertEquals(readCheckStatus(paths), undefined);
    });
  }
  await t.step("one of a time before layers were noted", () => {
    writeFileSync(path, JSON.stringify(rest));
    assertEquals(readCheckStatus(paths), { ...STATUS, verified: new Map() });
  });
  await t.step("a pipe that no one writes to", async () => {
    rmSync(path);
    const { success } = await new Deno.Command("mkfifo", { args: [path] })
      .output();
    assert(success);
    assertEquals(readCheckStatus(paths), undefined);
    writeCheckStatus(paths, STATUS);
    assertEquals(readCheckStatus(paths), STATUS);
  });
  await t.step("a directory", () => {
    rmSync(path);
    mkdirSync(path);
    assertEquals(readCheckStatus(paths), undefined);
  });
});

Deno.test("readCheckStatus() does not take what it may not see for none", {
  permissions: {},
}, () => {
  const paths = layOut({ root: "/etc", runRoot: "/run" });
  assertThrows(() => readCheckStatus(paths), Deno.errors.NotCapable);
});
