/** Pulls to disks that are too small. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import type { Digest } from "../../../src/formats/oci/digest.ts";
import { layerIdsOf } from "../../../src/image/layer_ids.ts";
import { checkStore } from "../../support/check_store.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import {
  orlopIn,
  type OrlopProgram,
} from "../../support/programs/orlop_program.ts";
import {
  REGISTRY_PROGRAMS,
  run,
  startRegistry,
} from "../../support/servers/registry_server.ts";
import { noise } from "../../support/servers/served_image.ts";
import { listContents } from "../../support/store_contents.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

const LAYERS = [
  await layerOf({ "first.bin": noise(1_500_000), "a.txt": "a" }),
  await layerOf({ "second.bin": noise(1_000_000), ".wh.a.txt": "" }),
];
const KIB = 1024;
// An image of 2.5 MB, of which blobs and files are there at the same time.
const TOO_SMALL_KIB = [256, 1100, 1700, 2600, 3300, 3700, 4100];

const NEEDED = needs("root", "mount", "umount", "tar", ...REGISTRY_PROGRAMS);

Deno.test("orlop pull says before it begins that a disk is too small", {
  ...NEEDED,
}, async () => {
  await using disk = await smallDisk({ size: 3000 * KIB });
  await using registry = await pushImage();
  const { code, out, err } = await disk.orlop("pull", registry.name);
  assertEquals([code, out], [1, ""]);
  assertStringIncludes(err, "MB are needed");
  assertStringIncludes(err, "--ignore-space");
  const doctor = await disk.orlop("doctor");
  assertMatch(doctor.out, / free space {2,}[\d.]+ [kM]B of [\d.]+ MB\n/);
  assertEquals(listContents(disk.root), []);
  assertEquals(disk.check(), []);
  await disk.resize({ size: 20_000 * KIB });
  assertEquals((await disk.orlop("pull", registry.name)).code, 0);
  assertEquals(disk.check(), []);
});

Deno.test("orlop pull counts what it got before as room", {
  ...NEEDED,
}, async () => {
  const [first] = LAYERS;
  const [id] = layerIdsOf(LAYERS.map(({ diffId }) => diffId as Digest));
  if (first === undefined || id === undefined) throw new Error("no layer");
  // 9 MB are needed, of which 1.5 MB are there; then 8 MB are free.
  await using disk = await smallDisk({ size: 9500 * 1000 });
  const downloads = `${disk.root}/orlop/downloads`;
  await Deno.mkdir(downloads, { recursive: true });
  await Deno.writeFile(`${downloads}/${id}`, first.blob);
  await using registry = await pushImage();
  const { code, err } = await disk.orlop("pull", registry.name);
  assertEquals(code, 0, err);
  assertEquals(disk.check(), []);
});

Deno.test("orlop pull leaves nothing half-made on a full disk", {
  ...NEEDED,
}, async (t) => {
  await using registry = await pushImage();
  const failures: number[] = [];
  for (const kib of TOO_SMALL_KIB) {
    await t.step(`${kib} KiB`, async () => {
      await using disk = await smallDisk({ size: kib * KIB });
      const pull = ["pull", "--ignore-space", registry.name];
      const { code, out, err } = await disk.orlop(...pull);
      if (code !== 0) {
        failures.push(kib);
        assertEquals([code, out], [1, ""], err);
        const last = err.split("\n").at(-1) ?? "";
        assertStringIncludes(last, "Cannot ");
        assertStringIncludes(last, "no space left on device");
        assertEquals(disk.images(), []);
      }
      assertEquals(disk.check(), []);
      await disk.resize({ size: 20_000 * KIB });
      assertEquals((await disk.orlop(...pull)).code, 0);
      assertEquals(disk.check(), []);
    });
  }
  assert(failures.length >= TOO_SMALL_KIB.length - 2, `${failures}`);
});

/** A store on a file system of its own. */
interface SmallDisk extends AsyncDisposable {
  readonly root: string;
  readonly orlop: OrlopProgram;
  resize(options: { readonly size: number }): Promise<void>;
  images(): readonly string[];
  check(): readonly string[];
}

async function smallDisk(
  { size }: { readonly size: number },
): Promise<SmallDisk> {
  const dir: TempDir = tempDir();
  const disk = dir.join("disk");
  const root = `${disk}/root`;
  const runRoot = `${disk}/runroot`;
  await Deno.mkdir(disk);
  await run("mount", "-t", "tmpfs", "-o", `size=${size}`, "orlop-test", disk);
  return {
    root,
    orlop: orlopIn(disk),
    resize: async ({ size }) => {
      await run("mount", "-o", `remount,size=${size}`, disk);
    },
    images: () =>
      listContents(root).filter((item) => item.startsWith("image ")),
    check: () => checkStore({ root, runRoot }),
    async [Symbol.asyncDispose]() {
      await run("umount", disk);
      dir[Symbol.dispose]();
    },
  };
}

async function pushImage(): Promise<AsyncDisposable & { name: string }> {
  using dir = tempDir();
  await writeLayout(dir.join("image"), LAYERS);
  const registry = await startRegistry();
  await registry.pushLayout(`${dir.join("image")}:latest`, "app:1");
  return {
    name: `${registry.host}/app:1`,
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
}
