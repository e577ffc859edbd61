/** What libc and the kernel are asked for: their headers say what the numbers are. */

import { assertEquals } from "@std/assert";
import {
  isMountPoint,
  readSpace,
  statusOf,
  versionOf,
} from "../../src/process/libc_status.ts";
import { fillNumbers, recordLibc } from "./recorded_libc.ts";

const ZEROS_256 = "(256 zeros)";

Deno.test("statusOf() reads what statx(2) tells", async (t) => {
  const { symbols, calls } = recordLibc({
    statx: (...[, , , , bytes]) =>
      fillNumbers(bytes, {
        ...{ 16: 3, 20: 1000, 24: 4_000_000_000, 28: 0o20666 },
        ...{ 128: 259, 132: 70_000 },
      }),
  });
  const expected = {
    ...{ links: 3, uid: 1000, gid: 4_000_000_000, mode: 0o20666 },
    ...{ major: 259, minor: 70_000 },
  };
  const cases = [
    [{ path: "/f", links: "follow" }, 'statx -100 "/f" 0'],
    [{ path: "/f", links: "show" }, `statx -100 "/f" ${0x100}`],
    [{ fd: 4 }, `statx 4 "" ${0x1000}`],
  ] as const;
  for (const [what, call] of cases) {
    await t.step(call, () => {
      calls.length = 0;
      assertEquals(statusOf(symbols, what), expected);
      assertEquals(calls, [`${call} ${0x7ff} ${ZEROS_256}`]);
    });
  }
  await t.step("of nothing", () => {
    const { symbols } = recordLibc({ statx: -1 });
    assertEquals(statusOf(symbols, { fd: 4 }), undefined);
    assertEquals(versionOf(symbols, "/f"), undefined);
    assertEquals(isMountPoint(symbols, "/f"), undefined);
  });
});

Deno.test("versionOf() is of inode, size, times and device", () => {
  const { symbols, calls } = recordLibc({
    statx: (...[, , , , bytes]) => {
      bytes?.set(bytes.map((_, at) => at));
      return 0;
    },
  });
  const hex = (from: number, to: number) =>
    Uint8Array.from({ length: to - from }, (_, n) => from + n).toHex();
  assertEquals(
    versionOf(symbols, "/f"),
    [hex(32, 48), hex(96, 128), hex(136, 144)].join("-"),
  );
  assertEquals(calls, [`statx -100 "/f" 0 ${0x7ff} ${ZEROS_256}`]);
});

Deno.test("isMountPoint() tells it where the kernel does", () => {
  const root = 0x2000;
  const cases = [
    [{ 8: root, 56: root }, true],
    [{ 8: root | 1, 56: root | 4 }, true],
    [{ 8: 1, 56: root }, false],
    [{ 8: root, 56: 0x1fff }, undefined],
  ] as const;
  for (const [numbers, expected] of cases) {
    const { symbols, calls } = recordLibc({
      statx: (...[, , , , bytes]) => fillNumbers(bytes, numbers),
    });
    assertEquals(isMountPoint(symbols, "/m"), expected);
    assertEquals(calls, [`statx -100 "/m" 0 ${0x7ff} ${ZEROS_256}`]);
  }
});

Deno.test("readSpace() reads what statfs(2) tells", () => {
  const { symbols, calls } = recordLibc({
    statfs: (_path, bytes) =>
      // The block size, free blocks for all and for others, inodes and free ones.
      fillNumbers(bytes, { 8: 4096, 24: 99, 32: 10, 40: 1000, 44: 1, 48: 7 }),
  });
  assertEquals(readSpace(symbols, "/d"), {
    ...{ free: 40_960, inodes: 2 ** 32 + 1000, freeInodes: 7 },
  });
  assertEquals(calls, ['statfs "/d" (120 zeros)']);
  const none = recordLibc({ statfs: -1 });
  assertEquals(readSpace(none.symbols, "/d"), undefined);
});
