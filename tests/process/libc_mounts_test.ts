/** What libc and the kernel are asked for: their headers say what the numbers are. */

import { assertEquals, assertFalse } from "@std/assert";
import { openMounts } from "../../src/process/libc_mounts.ts";
import { type Answer, fillNumbers, recordLibc } from "./recorded_libc.ts";

type Answers = Readonly<Record<string, Answer>>;

const CLOEXEC = 0o2000000;

Deno.test("writeIdMap() writes a mapping once", async (t) => {
  const text = "0 100000 65536";
  const opened = `open "/proc/42/uid_map" ${CLOEXEC | 1} 0`;
  const written = `write 7 ${new TextEncoder().encode(text).toHex()} 14n`;
  const cases: readonly (readonly [string, Answers, string[], boolean])[] = [
    ["all", { open: 7, write: 14n }, [opened, written, "close 7"], true],
    ["a part", { open: 7, write: 13n }, [opened, written, "close 7"], false],
    ["nothing", { open: 7, write: -1n }, [opened, written, "close 7"], false],
    ["not opened", { open: -1 }, [opened], false],
    ["as the first", { open: 0, write: 14n }, [
      ...[opened, written.replace("7", "0"), "close 0"],
    ], true],
  ];
  for (const [name, answers, expected, isDone] of cases) {
    await t.step(name, () => {
      const { symbols, calls } = recordLibc(answers);
      const mounts = openMounts(symbols, symbols);
      assertEquals(mounts.writeIdMap(42, "uid_map", text), isDone);
      assertEquals(calls, expected);
    });
  }
  const { symbols, calls } = recordLibc({ write: 14n });
  const { writeIdMap } = openMounts(symbols, symbols);
  for (const pid of [1, 0, -2, 1.5, NaN]) {
    await t.step(`not of process ${pid}`, () => {
      assertFalse(writeIdMap(pid, "gid_map", text));
      assertEquals(calls, []);
    });
  }
  for (const odd of ["", "0 1", "0 1 2 3", "0 1 2\n", "0 -1 2", "a b c"]) {
    await t.step(`not ${JSON.stringify(odd)}`, () => {
      assertFalse(writeIdMap(42, "gid_map", odd));
      assertEquals(calls, []);
    });
  }
});

Deno.test("bindMapped() mounts a copy with other owners, and closes all", async (t) => {
  const users = `open "/proc/42/ns/user" ${CLOEXEC} 0`;
  const cloned = `openTree 428n -100n "/from" ${CLOEXEC + 1}n`;
  const attributes = [0x100000, 0, 1 << 18, 5].map((number) => {
    const bytes = new Uint8Array(8);
    fillNumbers(bytes, { 0: number });
    return bytes.toHex();
  }).join("").replace(/0{18,}/g, (zeros) => zeros);
  const mapped = `setMountAttributes 442n 6n "" 4096n ${attributes} 32n`;
  const moved = `moveMount 429n 6n "" -100n "/to" 4n`;
  const opened: Answers = { open: 5, openTree: 6n };
  const closed = ["close 6", "close 5"];
  const cases: readonly (readonly [string, Answers, string[], boolean])[] = [
    ["all", opened, [users, cloned, mapped, moved, ...closed], true],
    ["no such process", { open: -1 }, [users], false],
    ["no clone", { ...opened, openTree: -1n }, [
      ...[users, cloned, "close 5"],
    ], false],
    ["no mapping", { ...opened, setMountAttributes: -1n }, [
      ...[users, cloned, mapped, ...closed],
    ], false],
    ["no mount", { ...opened, moveMount: -1n }, [
      ...[users, cloned, mapped, moved, ...closed],
    ], false],
  ];
  for (const [name, answers, expected, isDone] of cases) {
    await t.step(name, () => {
      const { symbols, calls } = recordLibc(answers);
      const mounts = openMounts(symbols, symbols);
      const mount = { source: "/from", target: "/to", pid: 42 };
      assertEquals(mounts.bindMapped(mount), isDone);
      assertEquals(
        calls.map((call) =>
          call.replace(/\((\d+) zeros\)/g, (_, n) => "00".repeat(Number(n)))
        ),
        expected,
      );
    });
  }
  const refused = [
    { source: "/proc/1", target: "/to", pid: 42 },
    { source: "/from", target: "/sys/x", pid: 42 },
    { source: "from", target: "/to", pid: 42 },
    { source: "/from", target: "/to", pid: 1 },
  ];
  for (const mount of refused) {
    await t.step(`not ${JSON.stringify(mount)}`, () => {
      const { symbols, calls } = recordLibc(opened);
      assertFalse(openMounts(symbols, symbols).bindMapped(mount));
      assertEquals(calls, []);
    });
  }
});
