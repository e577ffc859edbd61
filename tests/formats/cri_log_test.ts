import { assertEquals } from "@std/assert";
import { parseLogLine } from "../../src/formats/cri_log.ts";
import { toBytes } from "../../src/formats/bytes.ts";

const TIME = "2026-11-30T16:52:39.862695558+00:00";

Deno.test("parseLogLine() reads lines and parts of lines", async (t) => {
  const table:
    readonly (readonly [string, "stdout" | "stderr", boolean, string])[] = [
      [`${TIME} stdout F hello`, "stdout", true, "hello"],
      [`${TIME} stderr P a b`, "stderr", false, "a b"],
      [`${TIME} stdout F `, "stdout", true, ""],
      [`${TIME} stdout F:x  y`, "stdout", true, " y"],
    ];
  for (const [text, stream, isWhole, content] of table) {
    await t.step(text, () => {
      const line = parseLogLine(toBytes(text));
      assertEquals(line, {
        ...{ time: TIME, stream, isWhole },
        content: toBytes(content),
      });
    });
  }
});

Deno.test("parseLogLine() reports what is no line of a log", async (t) => {
  const table = [
    "",
    "hello",
    `${TIME} stdout`,
    `${TIME} stdout F`,
    `${TIME} stdout X hello`,
    `${TIME} stdin F hello`,
    "yesterday stdout F hello",
    `${"9".repeat(1000)} stdout F hello`,
  ];
  for (const text of table) {
    await t.step(text.slice(0, 20) || "empty", () => {
      assertEquals(parseLogLine(toBytes(text)), undefined);
    });
  }
});
