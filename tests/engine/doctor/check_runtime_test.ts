import { assert, assertEquals } from "@std/assert";
import {
  assessRuntime,
  lookAtRuntime,
} from "../../../src/engine/doctor/check_runtime.ts";
import type { ExamineOptions } from "../../../src/engine/doctor/examine_options.ts";
import { tempDir } from "../../support/temp_dir.ts";

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

Deno.test("lookAtRuntime() looks at the one that pods get", async (t) => {
  using dir = tempDir();
  const runtime = dir.join("odd-runtime");
  const options = (isServed: boolean): ExamineOptions => ({
    ...{ root: dir.path, runRoot: dir.path, libc: undefined, env: {} },
    node: { isServed, networks: {}, cgroupManager: "cgroupfs", runtime },
  });
  const [served, alone] = [true, false].map(options);
  assert(served !== undefined && alone !== undefined);
  await t.step("one that is missing", async () => {
    const found = `Cannot run "${runtime}": there is no executable file of ` +
      "this name";
    const check = "runtime";
    assertEquals(await lookAtRuntime(served), [{
      ...{ check, state: "fail", found },
      advice: "Pods need one: install it, or correct runtime in [serve]",
    }]);
    assertEquals(await lookAtRuntime(alone), [{
      ...{ check, state: "warn", found },
      advice: "Only orlop run needs one: install runc or crun",
    }]);
  });
  await t.step("one that is there", async () => {
    await Deno.writeTextFile(runtime, "#!/bin/sh\necho odd version 1\n", {
      mode: 0o755,
    });
    assertEquals(await lookAtRuntime(served), [
      { check: "runtime", state: "ok", found: `${runtime}: odd version 1` },
    ]);
  });
});
