import { assertEquals } from "@std/assert";
import { runtimeExitCode } from "../../../src/engine/runtimes/runtime_exit_code.ts";

const FAILED = "runc run failed: unable to start container process:";

Deno.test("runtimeExitCode() distinguishes the runtime's failure from the container's", async (t) => {
  const cases: readonly [string, number, string, number][] = [
    ["a container's own", 1, "", 1],
    ["one that went well", 0, `${FAILED} exec: "x": permission denied`, 0],
    [
      "no program",
      1,
      `${FAILED} exec: "x": executable file not found in $PATH`,
      127,
    ],
    [
      "no file",
      1,
      `${FAILED} exec: "/x": stat /x: no such file or directory`,
      127,
    ],
    ["no right", 1, `${FAILED} exec: "/x": permission denied`, 126],
    ["crun", 1, "executable file `x` not found in $PATH: No such file", 127],
    ["another failure", 1, "runc run failed: no cgroup", 125],
    ["a remark", 3, "something about cgroups", 3],
  ];
  for (const [name, code, msg, expected] of cases) {
    await t.step(name, () => {
      const log = `${JSON.stringify({ level: "error", msg })}\nno JSON\n`;
      const traces = { log, hasStarted: true };
      assertEquals(runtimeExitCode(code, traces), expected);
    });
  }
});

Deno.test("runtimeExitCode() takes no program's code for a container's that started none", () => {
  for (const code of [0, 1, 3]) {
    let told = 0;
    const onSilence = () => void told++;
    const traces = { log: "", hasStarted: false, onSilence };
    assertEquals([runtimeExitCode(code, traces), told], [125, 1]);
  }
  const ended = { log: "", hasStarted: false };
  assertEquals(runtimeExitCode(143, ended), 143);
});
