import { assertEquals, assertThrows } from "@std/assert";
import { CommandError } from "../../src/errors.ts";
import { findProgram } from "../../src/process/find_program.ts";
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

Deno.test("findProgram() sees only what may be run", {
  permissions: { run: ["/usr/bin/true"], read: false },
}, () => {
  assertEquals(findProgram("true"), "/usr/bin/true");
  assertThrows(() => findProgram("false"), CommandError, "permission");
});
