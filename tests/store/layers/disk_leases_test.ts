import { assertEquals, assertFalse } from "@std/assert";
import { join } from "@std/path";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { parseLayerId } from "../../../src/formats/storage/store_ids.ts";
import { takeLibc } from "../../../src/process/bind_libc.ts";
import { openDiskLeases } from "../../../src/store/layers/disk_leases.ts";
import { layOut } from "../../../src/store/paths.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

const libc = takeLibc();

const A = parseLayerId("a".repeat(64));
const B = parseLayerId("b".repeat(64));
const C = parseLayerId("c".repeat(64));

function storeIn(dir: TempDir) {
  const paths = layOut({ root: dir.join("root"), runRoot: dir.join("run") });
  return { paths, leases: openDiskLeases({ paths, libc }) };
}

Deno.test("lease() holds layers until it is disposed of", () => {
  using dir = tempDir();
  const { leases } = storeIn(dir);
  assertEquals([...leases.list()], []);
  {
    using _one = leases.lease([A, B]);
    using _two = leases.lease([B, C]);
    assertEquals([...leases.list()].toSorted(), [A, B, C]);
  }
  assertEquals([...leases.list()], []);
  assertEquals(readdirSync(dir.join("run", "orlop", "leases")), []);
});

Deno.test("list() drops the leases of processes that died", () => {
  using dir = tempDir();
  const { paths, leases } = storeIn(dir);
  const path = join(paths.runRoot, "orlop", "leases", "7");
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, [A, B].join("\n"));
  assertEquals([...leases.list()], []);
  assertFalse(existsSync(path));
});

Deno.test("lease() takes no layers at all", () => {
  using dir = tempDir();
  const { leases } = storeIn(dir);
  using _lease = leases.lease([]);
  assertEquals([...leases.list()], []);
});

Deno.test("list() leaves alone what is no lease", async (t) => {
  using dir = tempDir();
  const { paths, leases } = storeIn(dir);
  const place = join(paths.runRoot, "orlop", "leases");
  mkdirSync(dir.join("elsewhere"));
  writeFileSync(dir.join("elsewhere", "keep"), "mine");
  mkdirSync(dir.join("run", "orlop"), { recursive: true });
  await t.step("behind a link to another folder", () => {
    symlinkSync(dir.join("elsewhere"), place);
    assertEquals([...leases.list()], []);
    assertEquals(readdirSync(dir.join("elsewhere")), ["keep"]);
    rmSync(place);
  });
  await t.step("a folder and a dangling link", () => {
    mkdirSync(join(place, "folder"), { recursive: true });
    symlinkSync("nowhere", join(place, "link"));
    assertEquals([...leases.list()], []);
    assertEquals(readdirSync(place).toSorted(), ["folder", "link"]);
    rmSync(place, { recursive: true });
  });
  await t.step("a file in their place", () => {
    writeFileSync(place, "");
    assertEquals([...leases.list()], []);
  });
});
