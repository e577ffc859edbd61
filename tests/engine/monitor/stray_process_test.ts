import { assertEquals } from "@std/assert";
import { tolerantInput } from "../../../src/engine/monitor/process_input.ts";
import { readPid } from "../../../src/engine/monitor/stray_process.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import { tempDir } from "../../support/temp_dir.ts";

// What is sent a signal must be a process, and neither all of them nor init.
Deno.test("readPid() reads the number of a process that may be ended", async (t) => {
  using dir = tempDir();
  const path = dir.join("pid");
  const cases: readonly (readonly [string, number | undefined])[] = [
    ["2", 2],
    ["4194304\n", 4194304],
    ["1", undefined],
    ["0", undefined],
    ["-1", undefined],
    ["-42", undefined],
    ["", undefined],
    ["4.5", undefined],
    ["x", undefined],
    ["4 5", undefined],
    ["1e3", undefined],
    ["0x42", undefined],
    ["99999999999", undefined],
  ];
  for (const [text, pid] of cases) {
    await t.step(JSON.stringify(text), async () => {
      await Deno.writeTextFile(path, text);
      assertEquals(readPid(path), pid);
    });
  }
  assertEquals(readPid(dir.join("missing")), undefined);
  assertEquals(readPid(dir.path), undefined);
});

Deno.test("tolerantInput() writes on, whatever the process takes", async (t) => {
  const told: string[] = [];
  const fails = { write: false };
  const open = () =>
    tolerantInput(
      new WritableStream({
        write(chunk) {
          if (fails.write) throw new Error("broken pipe");
          told.push(new TextDecoder().decode(chunk));
        },
        close: () => void told.push("closed"),
        abort: () => void told.push("aborted"),
      }),
    ).getWriter();
  await t.step("what it takes is written", async () => {
    const writer = open();
    await writer.write(toBytes("a"));
    await writer.close();
    assertEquals(told.splice(0), ["a", "closed"]);
  });
  await t.step("what it takes no more goes nowhere", async () => {
    fails.write = true;
    const writer = open();
    await writer.write(toBytes("a"));
    await writer.write(toBytes("b"));
    await writer.close();
    assertEquals(told.splice(0), []);
    fails.write = false;
  });
  await t.step("who breaks off ends the input", async () => {
    await open().abort(new Error("enough"));
    assertEquals(told.splice(0), ["closed"]);
  });
});
