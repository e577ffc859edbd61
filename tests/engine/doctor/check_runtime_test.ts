import { assertEquals } from "@std/assert";
import { assessRuntime } from "../../../src/engine/doctor/check_runtime.ts";

Deno.test("assessRuntime() warns of a runc that lets containers out", async (t) => {
  const cases: readonly (readonly [string, "ok" | "warn"])[] = [
    ["runc version 1.1.12", "ok"],
    ["runc version 1.1.12-0ubuntu3", "ok"],
    ["runc version 1.2.0", "ok"],
    ["runc version 1.3.7\ncommit: v1.3.7-0-g1234", "ok"],
    ["runc version 2.0.0", "ok"],
    ["runc version 1.1.11", "warn"],
    ["runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u1\nspec: 1.0.2", "ok"],
    ["runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u10", "ok"],
    ["runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1\nspec: 1.0.2", "warn"],
    ["runc version 1.0.0~rc93+ds1\ncommit: 1.0.0~rc93+ds1-5+deb11u3", "ok"],
    ["runc version 1.0.0~rc93+ds1\ncommit: 1.0.0~rc93+ds1-5+deb11u2", "warn"],
    ["runc version 1.1.5\ncommit: 1.1.5-1+deb99u1", "warn"],
    ["runc version 0.9.13", "warn"],
    ["crun version 0.1.0", "ok"],
    ["runc version unknown", "ok"],
    ["", "ok"],
  ];
  for (const [text, state] of cases) {
    await t.step(text.replaceAll("\n", ", "), () => {
      assertEquals(assessRuntime("/usr/sbin/runc", text).state, state);
    });
  }
});
