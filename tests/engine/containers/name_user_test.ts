import { assertEquals } from "@std/assert";
import {
  nameGroup,
  nameUser,
} from "../../../src/engine/containers/name_user.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

async function makeRoot(file: string, text: string): Promise<TempDir> {
  const dir = tempDir();
  await Deno.mkdir(dir.join("etc"));
  await Deno.writeTextFile(dir.join("etc", file), text);
  await Deno.chmod(dir.join("etc", file), 0o640);
  return dir;
}

/** Reads a file that must have kept its mode. */
async function read({ join }: TempDir, file: string): Promise<string> {
  const { mode } = await Deno.stat(join("etc", file));
  assertEquals((mode ?? 0) & 0o777, 0o640);
  return await Deno.readTextFile(join("etc", file));
}

Deno.test("nameUser() names whom passwd does not know", async (t) => {
  const line = "7:*:7:8:container user:/srv:/bin/sh\n";
  const table: Record<string, [text: string, expected: string]> = {
    "unknown": ["root:x:0:0::/:\n", `root:x:0:0::/:\n${line}`],
    "unknown, no newline": ["root:x:0:0::/:", `root:x:0:0::/:\n${line}`],
    "an empty file": ["", line],
    "known": ["app:x:7:9::/:\n", "app:x:7:9::/:\n"],
    "another spelling": ["app:x:+07:9::/:", "app:x:+07:9::/:"],
    "a name only": ["7:x:0:0::/:\n", `7:x:0:0::/:\n${line}`],
  };
  for (const [name, [text, expected]] of Object.entries(table)) {
    await t.step(name, async () => {
      using dir = await makeRoot("passwd", text);
      const process = { user: { uid: 7, gid: 8 }, cwd: "/srv" };
      for (let start = 1; start <= 2; start++) {
        await nameUser({ root: dir.path, process });
        assertEquals(await read(dir, "passwd"), expected);
      }
    });
  }
  await t.step("no line is made of a directory's name", async () => {
    using dir = await makeRoot("passwd", "");
    const user = { uid: 7, gid: 8 };
    const process = { user, cwd: "/srv:\nroot::0:0::/:" };
    await nameUser({ root: dir.path, process });
    const expected = "7:*:7:8:container user:/:/bin/sh\n";
    assertEquals(await read(dir, "passwd"), expected);
  });
  await t.step("no file is made", async () => {
    using dir = tempDir();
    await nameUser({ root: dir.path, process: { user: { uid: 7 }, cwd: "/" } });
    assertEquals(await Array.fromAsync(Deno.readDir(dir.path)), []);
  });
});

Deno.test("nameGroup() keeps a user's groups its own", async (t) => {
  const line = "8:x:8:7\n";
  const table: Record<string, [text: string, expected: string]> = {
    "unknown": ["root:x:0:", `root:x:0:\n${line}`],
    "known": ["app:x:8:", "app:x:8:"],
    "known by its number": ["8:x:8:", "8:x:8:"],
    "another's number": ["3:x:0:\nroot:x:0:\n", `3:x:0:\nroot:x:0:\n${line}`],
    "its number for root's": ["8:x:0:\na:x:1:\n", `a:x:1:\n${line}`],
    "a further group's": ["4000:x:0:\na:x:8:\n", "a:x:8:\n"],
    "one that is none": ["8:x:abc:\na:x:1:\n", `a:x:1:\n${line}`],
    "one behind a blank": ["  8:x:0:\na:x:1:", `a:x:1:\n${line}`],
    "both": ["8:x:0:\n8:x:8:\n", "8:x:8:\n"],
  };
  for (const [name, [text, expected]] of Object.entries(table)) {
    await t.step(name, async () => {
      using dir = await makeRoot("group", text);
      const user = { uid: 7, gid: 8, additionalGids: [8, 4000] };
      const process = { user, cwd: "/" };
      for (let start = 1; start <= 2; start++) {
        await nameGroup({ root: dir.path, process });
        assertEquals(await read(dir, "group"), expected);
      }
      const files = await Array.fromAsync(Deno.readDir(dir.join("etc")));
      assertEquals(files.map((file) => file.name), ["group"]);
    });
  }
});
