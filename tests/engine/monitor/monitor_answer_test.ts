import { assertEquals, assertThrows } from "@std/assert";
import { parseAnswer } from "../../../src/engine/monitor/monitor_answer.ts";

Deno.test("parseAnswer() distinguishes a process from a failure", async (t) => {
  const cases: readonly [string, number | undefined, string][] = [
    ['{"pid": 42}', 42, ""],
    ['{"data": 42}', 42, ""],
    ['{"pid": -1, "message": "one\\ntwo\\n"}', undefined, "two"],
    ['{"data": -255, "message": "why"}', undefined, "why"],
    [
      '{"data": -255, "message": "it is paused (use --ignore-paused to override)"}',
      undefined,
      "it is paused",
    ],
    ['{"pid": -1}', undefined, ""],
  ];
  for (const [line, pid, message] of cases) {
    await t.step(line, () => assertEquals(parseAnswer(line), { pid, message }));
  }
});

Deno.test("parseAnswer() refuses what is none", async (t) => {
  for (const line of ["", "[]", "{}", '{"pid": "1"}', '{"pid": 1.5}', "{"]) {
    await t.step(line, () => void assertThrows(() => parseAnswer(line)));
  }
});
