import { assertEquals, assertRejects } from "@std/assert";
import { openRun } from "../../../src/engine/containers/last_run.ts";
import {
  readLogs,
  type ReadLogsOptions,
} from "../../../src/engine/processes/read_logs.ts";
import { toText } from "../../../src/formats/bytes.ts";
import { libc } from "../../support/own_libc.ts";
import { containerOptions, testPod } from "../../support/test_runtime.ts";

/** A container with a log: a letter a second, from 12:00:00 on. */
async function logged(lines: readonly string[]) {
  const test = await testPod({ libc });
  const { id } = await test.runtime.createContainer(containerOptions());
  const logPath = test.dir.join("log");
  const run = await openRun(test.agent, id, {
    ...{ removal: "never", pod: undefined, logPath } as const,
  });
  run[Symbol.dispose]();
  await Deno.writeTextFile(logPath, lines.map((line) => `${line}\n`).join(""));
  return {
    ...test,
    /** What is read: `<` before what goes on. */
    read: async (options: ReadLogsOptions = {}) => {
      let text = "";
      for await (const line of readLogs(test.agent, id, options)) {
        text += toText(line.content) + (line.isWhole ? " " : "<");
      }
      return text.trimEnd();
    },
  };
}

const at = (second: number) => Date.UTC(2026, 0, 1, 12, 0, second);
/** `P` for a part, `F` for the end of a line. */
function line(second: number, tag: "F" | "P", text: string): string {
  return `${new Date(at(second)).toISOString()} stdout ${tag} ${text}`;
}
const LINES = ["a", "b", "c", "d"].map((text, n) => line(n, "F", text));

Deno.test("readLogs() reads all, and passes over what is none", async () => {
  using test = await logged([...LINES.slice(0, 2), "odd", ...LINES.slice(2)]);
  assertEquals(await test.read(), "a b c d");
});

Deno.test("readLogs() reads from one time to another, both included", async (t) => {
  using test = await logged(LINES);
  const cases: readonly (readonly [ReadLogsOptions, string])[] = [
    [{ sinceMs: at(1) }, "b c d"],
    [{ sinceMs: at(1) + 1 }, "c d"],
    [{ untilMs: at(1) }, "a b"],
    [{ untilMs: at(1) - 1 }, "a"],
    [{ sinceMs: at(1), untilMs: at(2) }, "b c"],
    [{ sinceMs: at(9) }, ""],
  ];
  for (const [options, text] of cases) {
    await t.step(JSON.stringify(options), async () => {
      assertEquals(await test.read(options), text);
    });
  }
});

Deno.test("readLogs() reads the last lines, whole", async (t) => {
  using test = await logged([
    ...LINES.slice(0, 2),
    line(2, "P", "c"),
    line(2, "P", "d"),
    line(2, "F", "e"),
    line(3, "F", "f"),
  ]);
  const cases: readonly (readonly [number, string])[] = [
    [0, ""],
    [1, "f"],
    [2, "c<d<e f"],
    [3, "b c<d<e f"],
    [4, "a b c<d<e f"],
    [9, "a b c<d<e f"],
  ];
  for (const [tail, text] of cases) {
    await t.step(`${tail}`, async () => {
      assertEquals(await test.read({ tail }), text);
    });
  }
  await t.step("also one that has no end as yet", async () => {
    using test = await logged([...LINES.slice(0, 2), line(2, "P", "c")]);
    assertEquals(await test.read({ tail: 1 }), "c<");
    assertEquals(await test.read({ tail: 2 }), "b c<");
  });
  await t.step("of those between two times", async () => {
    assertEquals(await test.read({ tail: 2, untilMs: at(2) }), "c<d<e");
  });
});

Deno.test("readLogs() finds the last lines of a long log", async () => {
  const long = "y".repeat(1000);
  const lines = Array.from(
    { length: 300 },
    (_, n) => line(n % 60, "F", `${n}${long}`),
  );
  using test = await logged(lines);
  const read = async (tail: number) =>
    (await test.read({ tail })).split(" ").map((text) => parseInt(text));
  assertEquals(await read(2), [298, 299]);
  assertEquals(await read(80), Array.from({ length: 80 }, (_, n) => 220 + n));
  assertEquals((await read(299))[0], 1);
  assertEquals((await read(301))[0], 0);
});

Deno.test("readLogs() reports that there is no log", async () => {
  using test = await testPod({ libc });
  const { id } = await test.runtime.createContainer(containerOptions());
  const error = await assertRejects(
    () => Array.fromAsync(readLogs(test.agent, "server")),
    Error,
  );
  assertEquals(
    error.message,
    'Cannot read the log of container "server": it has none; what is run ' +
      "without --detach writes to where orlop run was started",
  );
  assertEquals(id.length, 64);
});
