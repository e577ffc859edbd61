/** What libc and the kernel are asked for: their headers say what the numbers are. */

import { assertEquals } from "@std/assert";
import {
  readCgroupFile,
  readMemoryTable,
  readMountTable,
  readProcessFile,
} from "../../src/process/libc_proc.ts";
import { recordLibc } from "./recorded_libc.ts";

const CLOEXEC = 0o2000000;

Deno.test("files of the kernel are read to their end, and closed", async (t) => {
  const read: Readonly<
    Record<string, (libc: ReturnType<typeof recordLibc>) => string | undefined>
  > = {
    "/proc/self/mountinfo": ({ symbols }) => readMountTable(symbols),
    "/proc/meminfo": ({ symbols }) => readMemoryTable(symbols),
    "/proc/42/stat": ({ symbols }) => readProcessFile(symbols, 42, "stat"),
    "/proc/1/net/dev": ({ symbols }) => readProcessFile(symbols, 1, "net/dev"),
    "/sys/fs/cgroup/a/x": ({ symbols }) =>
      readCgroupFile(symbols, "/sys/fs/cgroup/a/x"),
  };
  // In the middle of a character.
  const parts = ["aé€", "b"].map((text) => new TextEncoder().encode(text));
  const [one, two] = [parts[0]?.slice(0, 4), parts[0]?.slice(4)];
  for (const [path, ask] of Object.entries(read)) {
    const opened = `open "${path}" ${CLOEXEC} 0`;
    await t.step(path, () => {
      const rest = [one, two, parts[1]];
      const libc = recordLibc({
        open: 8,
        pread: (_fd, bytes) => {
          const part = rest.shift() ?? new Uint8Array(0);
          bytes?.set(part);
          return BigInt(part.length);
        },
      });
      assertEquals(ask(libc), "aé€b");
      const calls = libc.calls.map((call) =>
        call.replace(/ [^ ]{30,} /, " … ")
      );
      const shown = calls.map((call) =>
        call.replace(/pread 8 .* (\d+n \d+n)/, "pread 8 $1")
      );
      assertEquals(shown, [
        opened,
        ...[0, 4, 6, 7].map((at) => `pread 8 65536n ${at}n`),
        "close 8",
      ]);
    });
    await t.step(`${path}, which fails`, () => {
      const libc = recordLibc({ open: 8, pread: -1n });
      assertEquals(ask(libc), undefined);
      assertEquals(libc.calls.at(-1), "close 8");
      const none = recordLibc({ open: -1 });
      assertEquals(ask(none), undefined);
      assertEquals(none.calls, [opened]);
    });
    await t.step(`${path}, which does not end`, () => {
      let reads = 0;
      const libc = recordLibc({
        open: 0,
        // The table of mounts is read whole, whatever it takes.
        pread: () => ++reads > 100 ? 0n : 65_536n,
      });
      const text = ask(libc);
      const isWhole = path === "/proc/self/mountinfo";
      assertEquals(reads, isWhole ? 101 : 64);
      assertEquals(text?.length, 65_536 * (isWhole ? 100 : 64));
    });
  }
  await t.step("nothing else is opened", () => {
    const { symbols, calls } = recordLibc();
    for (const pid of [0, -1, 1.5, NaN]) {
      assertEquals(readProcessFile(symbols, pid, "stat"), undefined);
    }
    const paths = ["/etc/passwd", "/sys/fs/cgroup", "/sys/fs/cgroup/../x"];
    for (const path of [...paths, "/sys/fs/cgroup/a/.", "/sys/fs/cgroup/\0"]) {
      assertEquals(readCgroupFile(symbols, path), undefined);
    }
    assertEquals(calls, []);
  });
});
