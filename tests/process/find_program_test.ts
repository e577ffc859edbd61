import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { CommandError } from "../../src/errors/store_errors.ts";
import { checkProgram, findProgram } from "../../src/process/find_program.ts";
import { needs } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("findProgram() takes the first directory that has it", () => {
  using dir = tempDir();
  for (const name of ["a", "b", "c"]) Deno.mkdirSync(dir.join(name));
  Deno.writeTextFileSync(dir.join("b", "tool"), "", { mode: 0o755 });
  Deno.writeTextFileSync(dir.join("c", "tool"), "", { mode: 0o755 });
  const directories = ["a", "b", "c"].map((name) => dir.join(name));
  assertEquals(findProgram("tool", directories), dir.join("b", "tool"));
});

Deno.test("findProgram() passes over what is no program", () => {
  using dir = tempDir();
  Deno.writeTextFileSync(dir.join("plain"), "", { mode: 0o644 });
  Deno.mkdirSync(dir.join("folder"));
  for (const name of ["plain", "folder", "absent"]) {
    assertThrows(
      () => findProgram(name, [dir.path]),
      CommandError,
      `Cannot run "${name}": it is not in ${dir.path}`,
    );
  }
});

Deno.test("checkProgram() takes an executable file alone", async (t) => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("tool"), "", { mode: 0o755 });
  await Deno.writeTextFile(dir.join("plain"), "", { mode: 0o644 });
  await Deno.mkdir(dir.join("folder"));
  assertEquals(checkProgram(dir.join("tool")), dir.join("tool"));
  for (const name of ["plain", "folder", "absent", "plain/below"]) {
    await t.step(name, () => {
      const path = dir.join(name);
      assertThrows(
        () => checkProgram(path),
        CommandError,
        `Cannot run "${path}": there is no executable file of this name`,
      );
    });
  }
});

Deno.test("checkProgram() refuses what orlop may not run", {
  permissions: { run: ["/usr/bin/true"], read: true },
}, () => {
  assertEquals(checkProgram("/usr/bin/true"), "/usr/bin/true");
  const message = 'Cannot run "/usr/bin/false": orlop runs what is in';
  assertThrows(() => checkProgram("/usr/bin/false"), CommandError, message);
});

Deno.test("findProgram() reports what to install", async (t) => {
  const table: [string, string][] = [
    ["findmnt", "util-linux"],
    ["tar", "GNU tar"],
    ["runc", "runc"],
    ["constructor", "constructor"],
  ];
  for (const [name, from] of table) {
    await t.step(name, () => {
      const { message } = assertThrows(
        () => findProgram(name, ["/none"]),
        CommandError,
      );
      assert(message.endsWith(`; install ${from}`), message);
    });
  }
});

Deno.test("findProgram() sees only what may be run", {
  permissions: { run: ["/usr/bin/true"], read: false },
}, () => {
  assertEquals(findProgram("true"), "/usr/bin/true");
  assertThrows(() => findProgram("false"), CommandError, "permission");
});

Deno.test(
  "findProgram() finds nothing that others can change",
  needs("root"),
  async () => {
    using dir = tempDir();
    const [theirs, ours] = [dir.join("theirs"), dir.join("ours")];
    for (const folder of [theirs, ours]) {
      await Deno.mkdir(folder);
      await Deno.writeTextFile(`${folder}/tool`, "#!/bin/sh\n", {
        mode: 0o755,
      });
    }
    await Deno.chown(theirs, 65534, 65534);
    assertEquals(findProgram("tool", [theirs, ours]), `${ours}/tool`);
    const error = assertThrows(
      () => findProgram("tool", [theirs]),
      CommandError,
    );
    assertMatch(
      error.message,
      /^Cannot run ".*theirs\/tool": ".*theirs" belongs to user 65534; /,
    );
    await Deno.chmod(`${ours}/tool`, 0o775);
    const open = assertThrows(() => findProgram("tool", [ours]), CommandError);
    assertMatch(open.message, /: others can write to ".*ours\/tool"; /);
  },
);
