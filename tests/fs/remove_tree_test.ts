import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import {
  clearStillTree,
  removeIfDirectory,
  removeTree,
  removeTreeSync,
} from "../../src/fs/remove_tree.ts";
import { needs } from "../support/peers.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

const { ignore } = needs("python3");

// By descriptors, as a container can: no path is long enough.
const MAKE_DEEP = `
import os, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
for depth in range(int(sys.argv[2])):
    for name in [b"d" * 200, b"e\\xff"]:
        os.mkdir(name, dir_fd=fd)
    below = os.open(b"d" * 200, os.O_RDONLY, dir_fd=fd)
    os.close(fd)
    fd = below
os.close(os.open(b"file\\xff", os.O_CREAT | os.O_WRONLY, dir_fd=fd))
`;

async function makeDeep(dir: TempDir, depth: number): Promise<string> {
  const top = dir.join("top");
  mkdirSync(top);
  const args = ["-c", MAKE_DEEP, top, `${depth}`];
  const { success } = await new Deno.Command("python3", { args }).output();
  assert(success);
  return top;
}

Deno.test("removeTree() is content with nothing", async () => {
  using dir = tempDir();
  await removeTree(dir.join("none"));
  removeTreeSync(dir.join("none"));
});

Deno.test("removeTree() follows no links", async () => {
  using dir = tempDir();
  mkdirSync(dir.join("kept", "sub"), { recursive: true });
  mkdirSync(dir.join("gone"));
  symlinkSync("../kept", dir.join("gone", "link"));
  await removeTree(dir.join("gone"));
  assert(existsSync(dir.join("kept", "sub")));
  assertFalse(existsSync(dir.join("gone")));
});

Deno.test("clearStillTree() removes four directories at a time", async (t) => {
  const cases: Readonly<Record<string, readonly number[]>> = {
    "many, side by side": [300],
    "many, two levels down": [1, 20, 20],
    "a few": [5],
    "none": [],
  };
  for (const [name, levels] of Object.entries(cases)) {
    await t.step(name, async () => {
      using dir = tempDir();
      const top = dir.join("top");
      makeLevels(top, levels);
      symlinkSync(dir.path, dir.join("top", "link"));
      const most = await countAtOnce(() => clearStillTree(top));
      assertEquals(most, levels.length === 0 ? 1 : 4);
      await removeTree(top);
      assertFalse(existsSync(top));
      assert(existsSync(dir.path));
    });
  }
});

function makeLevels(path: string, [count = 0, ...rest]: readonly number[]) {
  mkdirSync(path);
  writeFileSync(`${path}/file`, "");
  for (let n = 0; n < count; n++) makeLevels(`${path}/${n}`, rest);
}

/** How many removals went on at a time. */
async function countAtOnce(action: () => Promise<void>): Promise<number> {
  const { remove } = Deno;
  let [most, current] = [0, 0];
  Deno.remove = async (...args) => {
    most = Math.max(most, ++current);
    await remove(...args);
    current--;
  };
  try {
    await action();
    return most;
  } finally {
    Deno.remove = remove;
  }
}

Deno.test("removeTree() needs fewer open files than a tree has levels", {
  ignore,
}, async () => {
  for (
    const calls of [["await removeTree"], ["removeTreeSync"], [
      "await clearStillTree",
      "await removeTree",
    ]]
  ) {
    using dir = tempDir();
    const top = await makeDeep(dir, 1500);
    const module = import.meta.resolve("../../src/fs/remove_tree.ts");
    const code = `import * as tree from ${JSON.stringify(module)};` +
      calls.map((call) => `${call.replace(/\w+$/, "tree.$&")}(Deno.args[0]);`)
        .join("");
    const { success, stderr } = await new Deno.Command("sh", {
      args: [
        ...["-c", 'ulimit -n 500; exec "$@"', "sh", Deno.execPath(), "eval"],
        ...["--quiet", "--config", "deno.json", code, top],
      ],
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    assertFalse(existsSync(top));
  }
});

Deno.test("removeTree() reports what it cannot remove", {
  ...needs("root", "mount"),
}, async () => {
  using dir = tempDir();
  const busy = dir.join("top", "busy");
  mkdirSync(busy, { recursive: true });
  await run("mount", "-t", "tmpfs", "tmpfs", busy);
  try {
    const message = `Cannot remove "${dir.join("top")}": `;
    const error = await assertRejects(
      () => removeTree(dir.join("top")),
      Error,
      message,
    );
    // It is busy, which no attribute is to blame for.
    assertFalse(error.message.includes("lsattr"));
    assertThrows(() => removeTreeSync(dir.join("top")), Error, message);
  } finally {
    await run("umount", busy);
  }
});

async function run(program: string, ...args: string[]): Promise<void> {
  const { success } = await new Deno.Command(program, { args }).output();
  assert(success);
}

Deno.test("removeIfDirectory() removes nothing else", () => {
  using dir = tempDir();
  mkdirSync(dir.join("folder", "sub"), { recursive: true });
  writeFileSync(dir.join("file"), "");
  symlinkSync("folder", dir.join("link"));
  for (const name of ["file", "link", "none"]) {
    removeIfDirectory(dir.join(name));
  }
  assert(existsSync(dir.join("link", "sub")) && existsSync(dir.join("file")));
  removeIfDirectory(dir.join("folder"));
  assertFalse(existsSync(dir.join("folder")));
});
