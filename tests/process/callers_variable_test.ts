import { assertEquals } from "@std/assert";
import {
  callersVariable,
  lookAtEnv,
} from "../../src/process/callers_variable.ts";

const [OWN, KEPT] = ["ORLOP_TEST_A", "ORLOP_ENV_ORLOP_TEST_A"] as const;

/** Sets variables, until it is disposed of. */
function variables(values: Readonly<Record<string, string>>): Disposable {
  for (const [name, value] of Object.entries(values)) Deno.env.set(name, value);
  return {
    [Symbol.dispose]() {
      for (const name of Object.keys(values)) Deno.env.delete(name);
    },
  };
}

Deno.test("callersVariable() prefers what the launcher has hidden", () => {
  const cases:
    readonly (readonly [Record<string, string>, string | undefined])[] = [
      [{}, undefined],
      [{ [OWN]: "own" }, "own"],
      [{ [KEPT]: "kept" }, "kept"],
      [{ [OWN]: "own", [KEPT]: "kept" }, "kept"],
      [{ [OWN]: "own", [KEPT]: "" }, ""],
      [{ [OWN]: "" }, ""],
    ];
  for (const [values, expected] of cases) {
    using _set = variables(values);
    assertEquals(callersVariable(OWN), expected);
    assertEquals(lookAtEnv(OWN), values[OWN]);
  }
});

Deno.test("lookAtEnv() finds nothing under what is no name", () => {
  assertEquals(["", "a=b", "a\0b"].map(lookAtEnv), [
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("callersVariable() sees what is granted", {
  permissions: { env: ["ORLOP_TEST_B", KEPT] },
}, () => {
  using _set = variables({ ORLOP_TEST_B: "b" });
  assertEquals(lookAtEnv("ORLOP_TEST_B"), "b");
  assertEquals(callersVariable("ORLOP_TEST_B"), "b");
  assertEquals(callersVariable(OWN), undefined);
  assertEquals(lookAtEnv("PATH"), undefined);
});
