import { assertEquals, assertThrows } from "@std/assert";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import {
  readStatusFile,
  writeStatusFile,
} from "../../src/engine/status_file.ts";
import { asInteger } from "../../src/formats/json.ts";
import { storeAgent } from "../support/store_agent.ts";

Deno.test("writeStatusFile() writes what readStatusFile() reads", () => {
  using test = storeAgent();
  const { paths } = test.agent.store;
  const read = () => readStatusFile(paths, "last-gc.json", asInteger);
  assertEquals(read(), undefined);
  rmSync(test.dir.join("root/orlop"), { recursive: true, force: true });
  writeStatusFile(paths, "last-gc.json", 7);
  assertEquals(read(), 7);
  assertEquals(readStatusFile(paths, "last-check.json", asInteger), undefined);
  const path = test.dir.join("root/orlop/last-gc.json");
  assertEquals(Deno.readTextFileSync(path), "7\n");
  const { mode } = statSync(test.dir.join("root/orlop"));
  assertEquals(mode & 0o777, 0o700);
  writeStatusFile(paths, "last-gc.json", 8);
  assertEquals(read(), 8);
});

Deno.test("readStatusFile() has none of what cannot be read", async (t) => {
  const limit = 64 * 1024 * 1024;
  const cases: Readonly<Record<string, (path: string) => void>> = {
    "no JSON": (path) => writeFileSync(path, "{"),
    "other JSON": (path) => writeFileSync(path, '"x"'),
    "nothing": (path) => writeFileSync(path, ""),
    "a folder": (path) => mkdirSync(path),
    "too much": (path) => writeFileSync(path, `7${" ".repeat(limit)}`),
  };
  for (const [name, put] of Object.entries(cases)) {
    await t.step(name, () => {
      using test = storeAgent();
      mkdirSync(test.dir.join("root/orlop"), { recursive: true });
      put(test.dir.join("root/orlop/last-gc.json"));
      const { paths } = test.agent.store;
      assertEquals(readStatusFile(paths, "last-gc.json", asInteger), undefined);
    });
  }
  await t.step("but as much as a check notes", () => {
    using test = storeAgent();
    mkdirSync(test.dir.join("root/orlop"), { recursive: true });
    const path = test.dir.join("root/orlop/last-gc.json");
    writeFileSync(path, `7${" ".repeat(limit - 1)}`);
    const { paths } = test.agent.store;
    assertEquals(readStatusFile(paths, "last-gc.json", asInteger), 7);
    const fail = () => {
      throw new RangeError("odd");
    };
    assertThrows(() => readStatusFile(paths, "last-gc.json", fail), RangeError);
  });
});
