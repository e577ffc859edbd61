import { assertEquals } from "@std/assert";
import { runtimeMessage } from "../../../src/engine/runtimes/runtime_message.ts";

Deno.test("runtimeMessage() gives the words of the last complaint", async (t) => {
  const head = 'time="2026-11-30T21:41:36Z" level=error';
  const cases: Readonly<Record<string, string>> = {
    "": "",
    "\n": "",
    "plain words\n": "plain words",
    [`${head} msg="container not running"\n`]: "container not running",
    [`${head} msg=unexpected\n`]: "unexpected",
    [`${head} msg="exec: \\"x\\": no"`]: 'exec: "x": no',
    [`${head} msg="a\\x1bb"`]: "a\\x1bb",
    [`time="t" level=warning msg="one"\n${head} msg="two"\n`]: "two",
    '2026-11-30T21:41:36.000Z: cannot resume "x"':
      "2026-11-30T21:41:36.000Z: " +
      'cannot resume "x"',
  };
  for (const [stderr, expected] of Object.entries(cases)) {
    await t.step(JSON.stringify(stderr), () => {
      assertEquals(runtimeMessage(stderr), expected);
    });
  }
});
