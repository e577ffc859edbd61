/** Removals on file systems on which nothing is free. */

import { assert, assertEquals, assertFalse } from "@std/assert";
import { join } from "@std/path";
import { rmSync } from "node:fs";
import { listDirectory } from "../../../src/fs/list_directory.ts";
import { checkStore } from "../../support/check_store.ts";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import { type LoopDisk, loopDisk } from "../../support/programs/loop_disk.ts";
import {
  orlopIn,
  type OrlopProgram,
} from "../../support/programs/orlop_program.ts";
import { noise } from "../../support/servers/served_image.ts";
import { tempDir } from "../../support/temp_dir.ts";

interface DiskCase {
  readonly name: string;
  readonly mkfs: readonly [string, ...string[]];
  readonly megabytes: number;
  readonly fill: (disk: LoopDisk) => void;
}

// Without blocks for root only, which would still be free to orlop.
const EXT4 = ["mkfs.ext4", "-q", "-F", "-m", "0"] as const;
const CASES: readonly DiskCase[] = [
  {
    name: "ext4 without a free block",
    mkfs: EXT4,
    megabytes: 64,
    fill: (disk) => disk.fillBlocks(),
  },
  {
    name: "ext4 without a free inode",
    mkfs: [...EXT4, "-N", "1024"],
    megabytes: 64,
    fill: (disk) => disk.fillInodes(),
  },
  {
    name: "ext4 without a free block, nor a reserve",
    mkfs: EXT4,
    megabytes: 64,
    fill: (disk) => {
      dropReserve(disk);
      disk.fillBlocks();
    },
  },
  {
    name: "ext4 without a free inode, nor a reserve",
    mkfs: [...EXT4, "-N", "1024"],
    megabytes: 64,
    fill: (disk) => {
      dropReserve(disk);
      disk.fillInodes();
    },
  },
  {
    name: "xfs without a free block",
    mkfs: ["mkfs.xfs", "-q", "-f"],
    megabytes: 320,
    fill: (disk) => disk.fillBlocks(),
  },
];

/** As in a store that another tool has made. */
function dropReserve({ path }: LoopDisk): void {
  rmSync(join(path, "root/orlop/reserve"), { recursive: true, force: true });
}

function hasReserve({ path }: LoopDisk): boolean {
  return listDirectory(join(path, "root/orlop/reserve")).length > 0;
}

/** Each is tried on a disk that is full again. */
const REMOVALS: readonly (readonly string[])[] = [
  ["rmi", "first"],
  ["rm", "app"],
  ["rm", "--force", "mounted"],
  ["pod", "rm", "--force", "web"],
  ["gc", "--all"],
];

for (const { name, mkfs, megabytes, fill } of CASES) {
  const [program] = mkfs;
  Deno.test(`what is removed makes room on ${name}`, {
    ...needs("root", "busybox", "tar", "mount", program),
  }, async (t) => {
    using layouts = tempDir();
    await using disk = await loopDisk({ mkfs, megabytes });
    const orlop = orlopIn(disk.path);
    await fillStore(orlop, layouts.path);
    await t.step("a stop leaves the reserve to removals", async () => {
      fill(disk);
      const hadReserve = hasReserve(disk);
      const { code, err } = await orlop("stop", "started");
      assertEquals([code, err], [0, ""]);
      assertEquals(hasReserve(disk), hadReserve);
    });
    for (const removal of REMOVALS) {
      await t.step(removal.join(" "), async () => {
        fill(disk);
        const before = disk.free();
        assert(
          // xfs has a few blocks that nobody can use.
          before.bytes < 32 * 1024 || before.inodes === 0,
          Deno.inspect(before),
        );
        const { code, err } = await orlop(...removal);
        assertEquals([code, err], [0, ""]);
        const after = disk.free();
        assert(
          after.bytes >= before.bytes && after.inodes > before.inodes,
          Deno.inspect({ before, after }),
        );
        const found = checkStore({
          root: join(disk.path, "root"),
          runRoot: join(disk.path, "runroot"),
        });
        // What is no more is not mounted, whatever the counts say.
        const isCount = (line: string) => line.startsWith("mount of unknown");
        assertEquals(found.filter((line) => !isCount(line)), []);
      });
    }
    await t.step("nothing is left", async () => {
      const { out } = await orlop("images", "-q");
      assertFalse(out.includes("\n"), out); // but for the image of pods
    });
  });
}

async function fillStore(
  orlop: OrlopProgram,
  layouts: string,
): Promise<void> {
  const demand = async (...args: string[]) => {
    const { code, err } = await orlop(...args);
    assertEquals(code, 0, err);
  };
  await writeBusyboxLayout(join(layouts, "tiny"));
  for (const name of ["first", "second"]) {
    const layer = await layerOf({ [`${name}.bin`]: noise(300_000) });
    await writeLayout(join(layouts, name), [layer]);
    await demand("pull", `oci:${join(layouts, name)}:latest`);
  }
  await demand("pull", `oci:${join(layouts, "tiny")}:latest`);
  await demand("pod", "create", "web");
  for (const name of ["app", "mounted", "started", "member"]) {
    await demand("container", "create", "--pod", "web", "--name", name, "tiny");
  }
  await demand("start", "mounted", "started");
}
