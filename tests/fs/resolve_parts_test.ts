import { assertEquals, assertThrows } from "@std/assert";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { resolveParts } from "../../src/fs/resolve_parts.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("resolveParts() follows all but the last, inside of the root", async (t) => {
  using dir = tempDir();
  const root = dir.join("root");
  mkdirSync(`${root}/usr/lib`, { recursive: true });
  writeFileSync(`${root}/usr/file`, "");
  for (
    const [name, target] of [
      ["lib", "usr/lib"],
      ["usr/absolute", "/usr/lib"],
      ["usr/relative", "./lib"],
      ["usr/outside", "../../../usr/../lib"],
      ["usr/lib/up", ".."],
      ["loop", "loop"],
      ["dangling", "/none"],
    ] as const
  ) {
    symlinkSync(target, `${root}/${name}`);
  }
  const table: Readonly<Record<string, string | undefined>> = {
    "a": "/a",
    "usr/lib/a": "/usr/lib/a",
    "/usr//./lib/a": "/usr/lib/a",
    "lib/a": "/usr/lib/a",
    "usr/absolute/a": "/usr/lib/a",
    "usr/relative/a": "/usr/lib/a",
    "usr/outside/a": "/usr/lib/a",
    "usr/lib/up/file": "/usr/file",
    "usr/lib/../lib/a": "/usr/lib/a",
    "../../usr/a": "/usr/a",
    "lib": "/lib",
    "usr/..": undefined,
    "": undefined,
    ".": undefined,
    "none/a": undefined,
    "usr/file/a": undefined,
    "dangling/a": undefined,
    "loop/a": undefined,
    [`${"x".repeat(256)}/a`]: undefined,
  };
  for (const [path, expected] of Object.entries(table)) {
    await t.step(JSON.stringify(path.slice(-30)), () => {
      assertEquals(
        resolveParts(root, path),
        expected === undefined ? undefined : root + expected,
      );
    });
  }
});

Deno.test("resolveParts() follows as many links as the kernel", () => {
  using dir = tempDir();
  for (let n = 0; n < 41; n++) symlinkSync(`${n + 1}`, dir.join(`${n}`));
  mkdirSync(dir.join("41"));
  assertEquals(resolveParts(dir.path, "1/a"), dir.join("41", "a"));
  assertEquals(resolveParts(dir.path, "0/a"), undefined);
});

Deno.test("resolveParts() does not take what it may not see for absent", {
  permissions: {},
}, () => {
  assertThrows(() => resolveParts("/etc", "ssl/a"), Deno.errors.NotCapable);
});
