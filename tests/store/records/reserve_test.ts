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
import type { Libc } from "../../../src/process/libc.ts";
import type { Space } from "../../../src/process/libc_status.ts";
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

/** A store whose tables have so many bytes, where the disk has this space. */
function spacious(space: Partial<Space>): SpaceStore & Disposable & {
  readonly asked: readonly string[];
  reserve(): readonly number[];
} {
  const test = storeAgent();
  const { paths } = test.agent.store;
  for (const [kind, bytes] of [["layers", 1000], ["images", 2000]] as const) {
    writeFileSync(join(paths[kind], `${kind}.json`), new Uint8Array(bytes));
  }
  writeFileSync(
    join(paths.containers, "containers.json"),
    new Uint8Array(4000),
  );
  const asked: string[] = [];
  const answers = {
    readSpace(path: string) {
      asked.push(path);
      return { free: 1e12, inodes: 1000, freeInodes: 1000, ...space };
    },
  };
  const directory = join(paths.root, "orlop", "reserve");
  return {
    paths,
    // Nothing else of it is asked for.
    libc: answers as unknown as Libc,
    asked,
    reserve: () =>
      listIfDirectory(directory)
        .map((name) => statSync(join(directory, name)).size),
    [Symbol.dispose]: () => test[Symbol.dispose](),
  };
}

// For small files, and each table twice.
const LEAST = 768 * KIB + 2 * 7000;

Deno.test("isSpaceLow() counts what tables and small files need", async (t) => {
  const cases: readonly (readonly [string, Partial<Space>, boolean])[] = [
    ["just enough", { free: LEAST }, false],
    ["a byte less", { free: LEAST - 1 }, true],
    ["nothing", { free: 0 }, true],
    ["inodes just enough", { freeInodes: 64 }, false],
    ["an inode less", { freeInodes: 63 }, true],
    ["inodes that are not counted", { inodes: 0, freeInodes: 0 }, false],
    ["of one inode none", { inodes: 1, freeInodes: 0 }, true],
  ];
  for (const [name, space, expected] of cases) {
    await t.step(name, () => {
      using store = spacious(space);
      assertEquals(isSpaceLow(store), expected);
      assertEquals(store.asked, [store.paths.home]);
      rmSync(store.paths.home, { recursive: true });
      assertEquals(isSpaceLow(store), expected);
      assertEquals(store.asked[1], store.paths.root);
      rmSync(store.paths.layers, { recursive: true });
      assert(!isSpaceLow(store));
      assertEquals(store.asked.length, 2);
    });
  }
  await t.step("unknown", () => {
    using store = spacious({});
    assert(!isSpaceLow({ ...store, libc: undefined }));
  });
});

Deno.test("keepReserve() takes so much, in files of 64 KiB and more", async (t) => {
  const ceil = (bytes: number) => Math.ceil(bytes / 12 / 65_536) * 65_536;
  const cases: readonly (readonly [string, Partial<Space>, number])[] = [
    ["a disk with plenty", {}, ceil(5 * LEAST)],
    ["a disk that is just large enough", { free: 16 * LEAST }, ceil(LEAST)],
    ["a disk that is just too small", { free: 16 * LEAST - 1 }, 0],
    ["one in between", { free: 16 * 3 * LEAST }, ceil(3 * LEAST)],
    ["just enough inodes", { freeInodes: 76 }, ceil(5 * LEAST)],
    ["an inode too few", { freeInodes: 75 }, 0],
    ["unknown space", { free: Infinity }, 0],
  ];
  for (const [name, space, bytes] of cases) {
    await t.step(name, () => {
      using store = spacious(space);
      rmSync(join(store.paths.root, "orlop"), { recursive: true, force: true });
      keepReserve(store);
      const expected = bytes === 0 ? [] : Array(12).fill(bytes);
      assertEquals(store.reserve(), expected);
      if (bytes > 0) return;
      // What was there comes back, whatever there is now.
      keepReserve(store, { released: 12 * 65_536 + 1 });
      assertEquals(store.reserve(), Array(12).fill(2 * 65_536));
    });
  }
  await t.step("no store", () => {
    using store = spacious({});
    rmSync(join(store.paths.root, "orlop"), { recursive: true, force: true });
    rmSync(store.paths.layers, { recursive: true });
    keepReserve(store, { released: 1 });
    assertEquals(store.reserve(), []);
  });
});

Deno.test("releaseReserve() gives what it takes, if space is low", () => {
  using store = spacious({ free: LEAST - 1 });
  keepReserve(store, { released: 12 });
  assertEquals(releaseReserve(store), 12 * 65_536);
  assertEquals(store.reserve(), []);
  assertEquals(releaseReserve(store), 0);
  lendReserve(store)[Symbol.dispose]();
  assertEquals(store.reserve(), []);
});
