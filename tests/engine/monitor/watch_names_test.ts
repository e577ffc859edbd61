import { assert, assertEquals, assertRejects } from "@std/assert";
import { watchNames } from "../../../src/engine/monitor/watch_names.ts";
import { until } from "../../support/until.ts";
import { tempDir } from "../../support/temp_dir.ts";

Deno.test("watchNames() names what changes, at any depth", async () => {
  using dir = tempDir();
  using names = watchNames(dir.path);
  assertEquals(names.problem, undefined);
  await Deno.mkdir(dir.join("a"));
  const waitMs = 5000;
  assertEquals([...await names.next({ waitMs })], ["a"]);
  // The watch of the new folder is not there at once.
  for (const seen = new Set(); !seen.has("a");) {
    await Deno.writeTextFile(dir.join("a", "exit"), "0");
    for (const name of await names.next({ waitMs: 50 })) seen.add(name);
  }
});

Deno.test("watchNames() waits no longer than it is told to", async () => {
  using dir = tempDir();
  using names = watchNames(dir.path);
  const start = performance.now();
  assertEquals([...await names.next({ waitMs: 20 })], []);
  assert(performance.now() - start < 2000);
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error("over")), 10);
  const { signal } = stop;
  await assertRejects(
    () => names.next({ signal, waitMs: 5000 }),
    Error,
    "over",
  );
});

Deno.test("watchNames() reports what it cannot watch", async () => {
  using dir = tempDir();
  using names = watchNames(dir.join("none"));
  assert(names.problem instanceof Error);
  assertEquals([...await names.next({ waitMs: 10 })], []);
});

Deno.test("watchNames() passes over what goes, and tells when it is closed", async () => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("old"), "");
  const names = watchNames(dir.path);
  await Deno.remove(dir.join("old"));
  await Deno.writeTextFile(dir.join("new"), "");
  assertEquals([...await names.next({ waitMs: 5000 })], ["new"]);
  names[Symbol.dispose]();
  await until(() => names.problem !== undefined);
  assert(names.problem instanceof Error);
  assertEquals(names.problem.message, "the watch was closed");
});
