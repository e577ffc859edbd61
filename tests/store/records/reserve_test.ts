import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { listIfDirectory } from "../../../src/fs/list_directory.ts";
import {
  isSpaceLow,
  keepReserve,
  lendReserve,
  releaseReserve,
  type SpaceStore,
} from "../../../src/store/records/reserve.ts";
import { libc } from "../../support/own_libc.ts";
import { needs, needsThat } from "../../support/peers.ts";
import { agentsIn, storeAgent } from "../../support/store_agent.ts";
import { tempDir } from "../../support/temp_dir.ts";

/** Something else where the reserve has to be. */
const IN_PLACE: Readonly<Record<string, (path: string) => void>> = {
  "a file": (path) => writeFileSync(path, "mine"),
  "a link to nowhere": (path) => symlinkSync("nowhere", path),
  "a link to itself": (path) => symlinkSync("reserve", path),
  "a link to what is not its own": (path) => symlinkSync("../overlay", path),
};

Deno.test("keepReserve() makes files that releaseReserve() does not touch", () => {
  using test = storeAgent();
  const { store } = test.agent;
  const { paths } = store;
  keepReserve(store);
  const files = readdirSync(join(paths.root, "orlop", "reserve"));
  assert(files.length > 0);
  assertEquals(releaseReserve(store), 0); // there is plenty of room
});

// What a command was for is done by then: it must not end with an error.
Deno.test("keepReserve() goes without a reserve where it can make none", async (t) => {
  for (const [name, put] of Object.entries(IN_PLACE)) {
    await t.step(name, () => {
      using test = storeAgent();
      const { store } = test.agent;
      const { paths } = store;
      const path = join(paths.root, "orlop", "reserve");
      mkdirSync(join(paths.root, "orlop"), { recursive: true });
      rmSync(path, { recursive: true, force: true });
      put(path);
      keepReserve(store, { released: 4096 });
      keepReserve(store);
      assertEquals(readdirSync(join(paths.root, "orlop")), ["reserve"]);
    });
  }
});

const KIB = 1024;
const MIB = 1024 * KIB;

interface SmallDisk extends AsyncDisposable {
  readonly store: SpaceStore;
  /** Sizes of the files of the reserve. */
  reserve(): readonly number[];
  /** Leaves no more than so many bytes. */
  fill(left: number): Promise<void>;
}

/** A store on a file system of its own. */
async function smallDisk(options: string): Promise<SmallDisk> {
  const dir = tempDir();
  const { code } = await new Deno.Command("mount", {
    args: ["-t", "tmpfs", "-o", options, "none", dir.path],
  }).output();
  assertEquals(code, 0);
  const { agent: { store } } = agentsIn(dir);
  (await store.lock({ layers: "write" }))[Symbol.dispose]();
  const directory = dir.join("root", "orlop", "reserve");
  rmSync(directory, { recursive: true, force: true });
  return {
    store,
    reserve: () =>
      listIfDirectory(directory)
        .map((name) => statSync(join(directory, name)).size),
    async fill(left) {
      const { free = 0 } = libc?.readSpace(dir.path) ?? {};
      const content = new Uint8Array(Math.max(0, free - left));
      await Deno.writeFile(dir.join("filler"), content, { append: true });
    },
    async [Symbol.asyncDispose]() {
      await new Deno.Command("umount", { args: [dir.path] }).output();
      dir[Symbol.dispose]();
    },
  };
}

const SMALL = {
  ignore: needs("root", "mount").ignore ||
    needsThat(libc !== undefined, "libc cannot be bound").ignore,
};

Deno.test(
  "keepReserve() takes a share of a disk, or nothing",
  SMALL,
  async (t) => {
    // Removals need 768 KiB, five of them are wanted, of a 16th of the disk.
    const cases: readonly (readonly [string, number])[] = [
      ["size=11m", 0],
      ["size=14m", 128 * KIB],
      ["size=32m", 192 * KIB],
      ["size=100m", 320 * KIB],
      ["size=200m", 320 * KIB],
      ["size=100m,nr_inodes=60", 0],
      ["size=100m,nr_inodes=200", 320 * KIB],
    ];
    for (const [options, bytes] of cases) {
      await t.step(options, async () => {
        await using disk = await smallDisk(options);
        keepReserve(disk.store);
        const expected = bytes === 0 ? [] : Array(12).fill(bytes);
        assertEquals(disk.reserve(), expected);
        keepReserve(disk.store); // it is there
        assertEquals(disk.reserve(), expected);
        assertEquals(releaseReserve(disk.store), 0);
        assertEquals(disk.reserve(), expected);
      });
    }
  },
);

Deno.test(
  "lendReserve() gives space for a removal, and takes it back",
  SMALL,
  async () => {
    await using disk = await smallDisk("size=100m");
    const { store } = disk;
    keepReserve(store);
    const whole = disk.reserve();
    await disk.fill(MIB);
    assert(!isSpaceLow(store));
    lendReserve(store)[Symbol.dispose]();
    assertEquals(disk.reserve(), whole);
    await disk.fill(700 * KIB);
    assert(isSpaceLow(store));
    {
      using _lent = lendReserve(store);
      assertEquals(disk.reserve(), []);
      assert(!isSpaceLow(store));
    }
    assertEquals(disk.reserve(), whole);
    // As much as fits is made again.
    const released = releaseReserve(store);
    assertEquals(released, whole.reduce((sum, size) => sum + size, 0));
    await disk.fill(MIB);
    keepReserve(store, { released });
    assert(disk.reserve().length > 0 && disk.reserve().length < 12);
  },
);
