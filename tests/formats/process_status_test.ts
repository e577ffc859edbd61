import { assertEquals } from "@std/assert";
import {
  parseProcessStat,
  parseProcessStatus,
} from "../../src/formats/process_status.ts";

const REST = "S 1 42 42 34816 42 4194304 100 0 0 0 7 3 0 0 20 5 1 0 999 " +
  "4096000 250 18446744073709551615";

Deno.test("parseProcessStat() reads names of any kind", () => {
  for (const name of ["sleep", "a b", ") R 9 (", ""]) {
    const stat = parseProcessStat(`42 (${name}) ${REST}\n`);
    assertEquals(stat, {
      ...{ name, state: "S", parentPid: 1, groupId: 42, sessionId: 42 },
      ...{ terminal: 34816, userTicks: 7, systemTicks: 3, nice: 5 },
      ...{ startTicks: 999, virtualBytes: 4096000, residentPages: 250 },
    });
  }
});

Deno.test("parseProcessStat() reports what is not whole", () => {
  for (const text of ["", "42", "42 (sleep", "42 (sleep) S 1 2"]) {
    assertEquals(parseProcessStat(text), undefined);
  }
});

Deno.test("parseProcessStatus() reads members", () => {
  const status = parseProcessStatus("Name:\tsh\nUid:\t0\t1\t2\t3\nx\n");
  assertEquals(status.get("Uid"), "0\t1\t2\t3");
  assertEquals(status.size, 2);
});
