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
import { takeLibc } from "../../../src/process/libc.ts";
import {
  leaseLayers,
  listLeasedLayers,
} from "../../../src/store/layers/lease.ts";
import { layOut } from "../../../src/store/paths.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

const libc = takeLibc();

const A = parseLayerId("a".repeat(64));
const B = parseLayerId("b".repeat(64));
const C = parseLayerId("c".repeat(64));

function storeIn(dir: TempDir) {
  const paths = layOut({ root: dir.join("root"), runRoot: dir.join("run") });
  return { paths, libc };
}

Deno.test("leaseLayers() holds layers until it is disposed of", () => {
  using dir = tempDir();
  const store = storeIn(dir);
  assertEquals([...listLeasedLayers(store)], []);
  {
    using _one = leaseLayers(store, [A, B]);
    using _two = leaseLayers(store, [B, C]);
    assertEquals([...listLeasedLayers(store)].toSorted(), [A, B, C]);
  }
  assertEquals([...listLeasedLayers(store)], []);
  assertEquals(readdirSync(dir.join("run", "orlop", "leases")), []);
});

Deno.test("listLeasedLayers() drops the leases of processes that died", () => {
  using dir = tempDir();
  const store = storeIn(dir);
  const path = join(store.paths.runRoot, "orlop", "leases", "7");
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, [A, B].join("\n"));
  assertEquals([...listLeasedLayers(store)], []);
  assertFalse(existsSync(path));
});

Deno.test("leaseLayers() takes no layers at all", () => {
  using dir = tempDir();
  const store = storeIn(dir);
  using _lease = leaseLayers(store, []);
  assertEquals([...listLeasedLayers(store)], []);
});

Deno.test("listLeasedLayers() leaves alone what is no lease", async (t) => {
  using dir = tempDir();
  const store = storeIn(dir);
  const leases = join(store.paths.runRoot, "orlop", "leases");
  mkdirSync(dir.join("elsewhere"));
  writeFileSync(dir.join("elsewhere", "keep"), "mine");
  mkdirSync(dir.join("run", "orlop"), { recursive: true });
  await t.step("behind a link to another folder", () => {
    symlinkSync(dir.join("elsewhere"), leases);
    assertEquals([...listLeasedLayers(store)], []);
    assertEquals(readdirSync(dir.join("elsewhere")), ["keep"]);
    rmSync(leases);
  });
  await t.step("a folder and a dangling link", () => {
    mkdirSync(join(leases, "folder"), { recursive: true });
    symlinkSync("nowhere", join(leases, "link"));
    assertEquals([...listLeasedLayers(store)], []);
    assertEquals(readdirSync(leases).toSorted(), ["folder", "link"]);
    rmSync(leases, { recursive: true });
  });
  await t.step("a file in their place", () => {
    writeFileSync(leases, "");
    assertEquals([...listLeasedLayers(store)], []);
  });
});
