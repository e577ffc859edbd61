import { assert, assertFalse, assertRejects, assertThrows } from "@std/assert";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { removeTree, removeTreeSync } from "../../src/fs/remove_tree.ts";
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

Deno.test("removeTree() needs fewer open files than a tree has levels", {
  ignore,
}, async () => {
  for (const call of ["await removeTree", "removeTreeSync"]) {
    using dir = tempDir();
    const top = await makeDeep(dir, 1500);
    const module = import.meta.resolve("../../src/fs/remove_tree.ts");
    const code = `import * as tree from ${JSON.stringify(module)};` +
      call.replace("remove", "tree.remove") + `(Deno.args[0])`;
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

Deno.test("removeTree() says what it cannot remove", {
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
