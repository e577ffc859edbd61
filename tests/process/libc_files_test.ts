/** What libc is asked for when files are opened; bind_libc_test.ts really opens some. */

import {
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  emptyFile,
  hasReader,
  isGranted,
  O_DIRECTORY,
  O_NOFOLLOW,
  openFifo,
  openLock,
  openRegular,
} from "../../src/process/libc_files.ts";
import { type Answer, fillNumbers, recordLibc } from "./recorded_libc.ts";
import { tempDir } from "../support/temp_dir.ts";

type Answers = Readonly<Record<string, Answer>>;

const CLOEXEC = 0o2000000;
const NONBLOCK = 0o4000;
const isArm = Deno.build.arch === "aarch64";
const NOFOLLOW = isArm ? 0o100000 : 0o400000;
const ZEROS = "(256 zeros)";
const [REGULAR, FIFO, DIRECTORY] = [0o100644, 0o010644, 0o040755];

function statx(mode: number, links: number = 1): Answer {
  return (...[, , , , bytes]) => fillNumbers(bytes, { 16: links, 28: mode });
}

/** struct flock, of a whole file: the type, and zeros. */
function flock(type: number): string {
  return type === 0 ? "(32 zeros)" : `0${type}(31 zeros)`;
}

Deno.test("O_DIRECTORY and O_NOFOLLOW are those of this machine", () => {
  assertEquals(O_NOFOLLOW, NOFOLLOW);
  assertEquals(O_DIRECTORY, isArm ? 0o40000 : 0o200000);
});

Deno.test("isGranted() goes by what Deno would open", async (t) => {
  const cases: Readonly<Record<string, boolean>> = {
    "/tmp/x": true,
    "/dev/shm/x": true,
    "/devices": true,
    "/procs/x": true,
    "/dev/null": false,
    "/proc/1/stat": false,
    "/sys/x": false,
    "tmp/x": false,
    "": false,
  };
  for (const [path, expected] of Object.entries(cases)) {
    await t.step(path, () => {
      assertEquals(isGranted("read", path), expected);
      assertEquals(isGranted("write", path), expected);
    });
  }
});

Deno.test({
  name: "isGranted() distinguishes reading from writing",
  permissions: { read: ["/a"], write: ["/b"] },
  fn() {
    const granted = (["read", "write"] as const).flatMap((kind) =>
      ["/a/x", "/b/x", "/c"].filter((path) => isGranted(kind, path))
        .map((path) => `${kind} ${path}`)
    );
    assertEquals(granted, ["read /a/x", "write /b/x"]);
  },
});

Deno.test("openLock() opens to look, or to make what is missing", async (t) => {
  const look = `open "/l" ${NONBLOCK | CLOEXEC} 0`;
  const change = `open "/l" ${2 | NONBLOCK | CLOEXEC} ${0o644}`;
  const make = `open "/l" ${
    2 | NONBLOCK | CLOEXEC | 0o100 | NOFOLLOW
  } ${0o644}`;
  await t.step("to look", () => {
    const { symbols, calls } = recordLibc({ open: 0 });
    using _lock = openLock(symbols, "/l", "look");
    assertEquals(calls, [look]);
  });
  await t.step("what is there", () => {
    const { symbols, calls } = recordLibc({ open: 4 });
    openLock(symbols, "/l", "make")[Symbol.dispose]();
    assertEquals(calls, [change, "close 4"]);
  });
  await t.step("what is missing", () => {
    const answers = [-1, 4];
    const { symbols, calls } = recordLibc({
      open: () => answers.shift() ?? -1,
    });
    using _lock = openLock(symbols, "/l", "make");
    assertEquals(calls, [change, make]);
  });
  await t.step("and says as Deno does why it cannot", () => {
    using dir = tempDir();
    const { symbols } = recordLibc({ open: -1, statx: -1 });
    const folder = dir.join("none", "l");
    for (const use of ["look", "make"] as const) {
      assertThrows(() => openLock(symbols, folder, use), Deno.errors.NotFound);
      assertThrows(() => openLock(symbols, dir.path, use), Error);
    }
    const path = dir.join("there");
    Deno.writeTextFileSync(path, "");
    for (const use of ["look", "make"] as const) {
      const present = recordLibc({ open: -1 });
      assertThrows(
        () => openLock(present.symbols, path, use),
        Error,
        `Cannot open "${path}": it changes`,
      );
    }
    // It was missing, but is there by now.
    assertThrows(
      () => openLock(symbols, path, "make"),
      Deno.errors.AlreadyExists,
    );
  });
});

Deno.test("an open lock asks for the lock of the open file", async (t) => {
  const [query, set] = [36, 37];
  const open = (answers: Answers) => {
    const libc = recordLibc({ open: 4, ...answers });
    const lock = openLock(libc.symbols, "/l", "look");
    libc.calls.length = 0;
    return { ...libc, lock };
  };
  await t.step("which is free", () => {
    const { lock, calls } = open({});
    assertEquals([lock.tryLock("read"), lock.tryLock("write")], [true, true]);
    assertEquals(calls, [
      `fcntl 4 ${set} ${flock(0)}`,
      `fcntl 4 ${set} ${flock(1)}`,
    ]);
  });
  await t.step("which another has", () => {
    let asked = 0;
    const { lock, calls } = open({ fcntl: () => asked++ === 0 ? -1 : 0 });
    assertEquals(lock.tryLock("write"), false as boolean);
    assertEquals(calls, [
      `fcntl 4 ${set} ${flock(1)}`,
      `fcntl 4 ${query} ${flock(1)}`,
    ]);
  });
  await t.step("where there are none", () => {
    const { lock } = open({ fcntl: -1 });
    assertThrows(
      () => lock.tryLock("read"),
      Error,
      "Cannot lock a file: its file system has no locks",
    );
  });
  await t.step("who has it", () => {
    const holder = (type: number, pid: number): Answer => (...[, , bytes]) =>
      fillNumbers(bytes, { 0: type, 24: pid });
    const { lock, calls } = open({ fcntl: holder(1, 4321) });
    assertEquals(lock.findHolder(), 4321);
    assertEquals(calls, [`fcntl 4 ${query} ${flock(1)}`]);
    assertEquals(open({ fcntl: holder(0, 7) }).lock.findHolder(), 7);
    assertEquals(open({ fcntl: holder(0, -1) }).lock.findHolder(), -1);
    assertEquals(open({ fcntl: holder(2, 7) }).lock.findHolder(), undefined);
    assertEquals(open({ fcntl: -1 }).lock.findHolder(), undefined);
  });
  await t.step("what it is", () => {
    const { lock, calls } = open({ statx: statx(REGULAR) });
    assertEquals([lock.isRegular(), lock.isLinked()], [true, true]);
    const asked = `statx 4 "" ${0x1000} ${0x7ff} ${ZEROS}`;
    assertEquals(calls, [asked, asked]);
    const unlinked = open({ statx: statx(FIFO, 0) }).lock;
    assertEquals([unlinked.isRegular(), unlinked.isLinked()], [false, false]);
    const lost = open({ statx: -1 }).lock;
    assertEquals([lost.isRegular(), lost.isLinked()], [false, false]);
  });
  await t.step("what is in it", () => {
    const { lock, calls } = open({ pread: 3n, pwrite: 2n });
    assertEquals(lock.read(new Uint8Array(5)), 3);
    lock.write(Uint8Array.of(1, 2));
    assertEquals(calls, ["pread 4 0000000000 5n 0n", "pwrite 4 0102 2n 0n"]);
    assertEquals(open({ pread: -1n }).lock.read(new Uint8Array(5)), 0);
  });
});

Deno.test("an open lock writes by Deno what libc writes but a part of", () => {
  using dir = tempDir();
  const path = dir.join("l");
  Deno.writeTextFileSync(path, "abcdef");
  const { symbols } = recordLibc({ open: 4, pwrite: 1n });
  openLock(symbols, path, "look").write(new TextEncoder().encode("XYZ"));
  assertEquals(Deno.readTextFileSync(path), "XYZdef");
  const gone = openLock(symbols, dir.join("none"), "look");
  assertThrows(() => gone.write(Uint8Array.of(1, 2)), Deno.errors.NotFound);
});

Deno.test("openRegular() opens regular files alone, through no link", async (t) => {
  using dir = tempDir();
  const path = dir.join("f");
  await Deno.writeTextFile(path, "");
  const opened = `open "${path}" ${NOFOLLOW | NONBLOCK | CLOEXEC} 0`;
  const looked = `statx 4 "" ${0x1000} ${0x7ff} ${ZEROS}`;
  await t.step("a file", () => {
    const sizes = [2n, -1n, 3n, 0n];
    const { symbols, calls } = recordLibc({
      ...{ open: 4, statx: statx(REGULAR) },
      pread: () => sizes.shift() ?? 0n,
    });
    const file = openRegular(symbols, path);
    const counts = [1, 2, 3, 4].map(() => file?.read(new Uint8Array(4)));
    assertEquals(counts, [2, -1, 3, 0]);
    file?.[Symbol.dispose]();
    assertEquals(calls, [
      ...[opened, looked],
      ...[0, 2, 2, 5].map((at) => `pread 4 00000000 4n ${at}n`),
      "close 4",
    ]);
  });
  await t.step("what is no file any more", () => {
    const { symbols, calls } = recordLibc({ open: 4, statx: statx(FIFO) });
    assertEquals(openRegular(symbols, path), undefined);
    assertEquals(calls, [opened, looked, "close 4"]);
  });
  await t.step("what cannot be opened", () => {
    const { symbols } = recordLibc({ open: -1 });
    const error = assertThrows(() => openRegular(symbols, path), Error);
    assertEquals(error.message, `Cannot open "${path}"`);
  });
  await t.step("what is none", () => {
    const { symbols, calls } = recordLibc({ open: 4 });
    assertEquals(openRegular(symbols, dir.path), undefined);
    const error = assertThrows(() => openRegular(symbols, dir.join("none")));
    assertInstanceOf(error, Deno.errors.NotFound);
    assertStringIncludes(error.message, "none");
    assertEquals(calls, []);
  });
});

Deno.test("emptyFile() and hasReader() open, and close", async (t) => {
  const empty = `open "/f" ${1 | 0o1000 | NOFOLLOW | NONBLOCK | CLOEXEC} 0`;
  const fifo = `open "/f" ${1 | NOFOLLOW | NONBLOCK | CLOEXEC} 0`;
  const looked = `statx -100 "/f" ${0x100} ${0x7ff} ${ZEROS}`;
  type Ask = (symbols: ReturnType<typeof recordLibc>["symbols"]) => unknown;
  const emptied: Ask = (symbols) => emptyFile(symbols, "/f");
  const reader: Ask = (symbols) => hasReader(symbols, "/f");
  const open: Ask = (symbols) => openFifo(symbols, "/f");
  const isFifo = { statx: statx(FIFO) };
  const cases: readonly (readonly [string, Ask, Answers, string[], unknown])[] =
    [
      ["emptied", emptied, { open: 0 }, [empty, "close 0"], true],
      ["not emptied", emptied, { open: -1 }, [empty], false],
      ["with a reader", reader, { ...isFifo, open: 0 }, [
        ...[looked, fifo, "close 0"],
      ], true],
      ["without one", reader, { ...isFifo, open: -1 }, [looked, fifo], false],
      ["no FIFO", reader, { statx: statx(REGULAR), open: 4 }, [looked], false],
      ["a directory", reader, { statx: statx(DIRECTORY) }, [looked], false],
      ["nothing", reader, { statx: -1 }, [looked], false],
      ["opened", open, { open: 6 }, [fifo], 6],
    ];
  for (const [name, ask, answers, expected, result] of cases) {
    await t.step(name, () => {
      const { symbols, calls } = recordLibc(answers);
      assertEquals(ask(symbols), result);
      assertEquals(calls, expected);
    });
  }
});
