import { assertEquals } from "@std/assert";
import {
  chooseProgramTests,
  makeProgramTests,
} from "../../scripts/lib/mutate/program_tests.ts";

const TESTS = makeProgramTests(
  new Map([
    ["tests/e2e/run/run_test.ts", `await orlop("run", image);`],
    ["tests/e2e/run/pause_test.ts", `await orlop("pause", id);`],
    ["tests/e2e/login/login_test.ts", `await orlop("login"); writeAuth();`],
    ["tests/e2e/store/gc_test.ts", `await orlop("gc"); await orlop("run");`],
    ["tests/e2e/store/killed_test.ts", `listImages(await orlop("run"));`],
  ]),
);

Deno.test("chooseProgramTests() finds tests that speak of a file", async (t) => {
  const cases: [string, string, string[]][] = [
    ["a command", "src/cli/commands/gc.ts", ["tests/e2e/store/gc_test.ts"]],
    [
      "first what is named after it, then what is beside that",
      "src/a/run/pause_it.ts",
      [
        "tests/e2e/run/pause_test.ts",
        "tests/e2e/run/run_test.ts",
        "tests/e2e/store/gc_test.ts",
      ],
    ],
    [
      "part of a name in the source",
      "src/a/auth.ts",
      ["tests/e2e/login/login_test.ts"],
    ],
    ["one of several", "src/a/list.ts", ["tests/e2e/store/killed_test.ts"]],
    [
      "of its own folder only",
      "src/store/list_auth.ts",
      ["tests/e2e/store/killed_test.ts", "tests/e2e/store/gc_test.ts"],
    ],
    ["what all have says nothing", "src/orlop.ts", []],
    ["nothing of the kind", "src/tar/pax.ts", []],
  ];
  for (const [name, path, expected] of cases) {
    await t.step(name, () => {
      assertEquals(chooseProgramTests(TESTS, path), expected);
    });
  }
});
