import { assertEquals, assertThrows } from "@std/assert";
import {
  checkWorkingDirectory,
  refuseProcessPlaces,
} from "../../src/image/working_directory.ts";

Deno.test("checkWorkingDirectory() refuses what a process has open", async (t) => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["/", "/"],
    ["/srv//app/.", "/srv/app"],
    ["/proc", "/proc"],
    ["/proc/sys/net", "/proc/sys/net"],
    ["/processes/self/fd/7", "/processes/self/fd/7"],
    ["/srv/proc/self/fd/7", "/srv/proc/self/fd/7"],
    ["/dev/fdx", "/dev/fdx"],
    ["/srv/dev/fd/7", "/srv/dev/fd/7"],
    ["/srv/dev/stdin", "/srv/dev/stdin"],
    ["/dev/shm", "/dev/shm"],
    ["/proc/self/fd/7", undefined],
    ["/proc/self/fd/7/../../..", undefined],
    ["/proc/self/fd", undefined],
    ["/proc/self/cwd", undefined],
    ["/proc/self/root/etc", undefined],
    ["/proc/self/task/1/fd/3", undefined],
    ["/proc/thread-self/fd/7", undefined],
    ["/proc/1/root", undefined],
    ["/proc/4194304/cwd/..", undefined],
    ["//proc/./self//fd/7/", undefined],
    ["/srv/../proc/self/fd/7", undefined],
    ["/proc/sys/../self/fd/7", undefined],
    ["/dev/fd/7", undefined],
    ["/dev/fd", undefined],
    ["/dev/stdin", undefined],
    ["/dev/stdout/..x", undefined],
    ["/dev/stderr", undefined],
  ];
  for (const [path, plain] of cases) {
    await t.step(path, () => {
      if (plain !== undefined) {
        assertEquals(checkWorkingDirectory(path), plain);
        return;
      }
      assertThrows(
        () => checkWorkingDirectory(path),
        TypeError,
        `Cannot use working directory "${path}": it points to what a process`,
      );
    });
  }
});

Deno.test("refuseProcessPlaces() reports where a directory leads", () => {
  refuseProcessPlaces("/srv", ["/srv", "/data"]);
  assertThrows(
    () => refuseProcessPlaces("/srv", ["/srv", "/proc/self/fd/7"]),
    TypeError,
    'directory "/srv": it points to what a process has open, "/proc/self/fd/7"',
  );
});
