import { assertEquals, assertThrows } from "@std/assert";
import { logPathOf } from "../../../../src/cri/runtime/containers/check_container.ts";

Deno.test("logPathOf() stays below the pod's directory", async (t) => {
  const good = {
    "app/0.log": "/var/log/pods/a/app/0.log",
    "app_1.log": "/var/log/pods/a/app_1.log",
    "./app//0.log": "/var/log/pods/a/app/0.log",
    "a/../b.log": "/var/log/pods/a/b.log",
  };
  for (const [path, expected] of Object.entries(good)) {
    await t.step(path, () => {
      assertEquals(logPathOf("/var/log/pods/a", path), expected);
    });
  }
  const bad = ["..", "../b/0.log", "a/../../b", "/etc/passwd", "a\0b", "a\nb"];
  for (const path of bad) {
    await t.step(JSON.stringify(path), () => {
      assertThrows(() => logPathOf("/var/log/pods/a", path), TypeError);
    });
  }
});

Deno.test("logPathOf() is for who wants a log", () => {
  assertEquals(logPathOf("/var/log/pods/a", ""), undefined);
  assertEquals(logPathOf(undefined, "app/0.log"), undefined);
  assertEquals(logPathOf("", "app/0.log"), undefined);
});
