import { assertEquals } from "@std/assert";
import { DEFAULTS } from "../../src/cli/input/config.ts";
import { openLog } from "../../src/cli/open_log.ts";
import { memoryTerminal } from "../support/memory/memory_terminal.ts";

const ID = "5b3c7138b865";

function logged(logFormat: "text" | "json"): readonly string[] {
  const terminal = memoryTerminal();
  using sink = openLog({ ...DEFAULTS, logFormat, logLevel: "info" }, {
    terminal,
  });
  sink.log("info", `Stopped pod "${ID}"`, { pod: ID });
  sink.log("warn", "call ended", { method: "/x", container: ID });
  return terminal.told;
}

Deno.test("openLog() tells people once what a message is about", () => {
  assertEquals(logged("text"), [
    `orlop: info: Stopped pod "${ID}"`,
    `orlop: warning: call ended method=/x container=${ID}`,
  ]);
});

Deno.test("openLog() gives programs a field a fact", () => {
  const fields = logged("json").map((line) => {
    const { time: _time, ...rest } = JSON.parse(line);
    return rest;
  });
  assertEquals(fields, [
    { level: "info", message: `Stopped pod "${ID}"`, pod: ID },
    { level: "warn", message: "call ended", method: "/x", container: ID },
  ]);
});
