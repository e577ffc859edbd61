import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import {
  closeSync,
  openSync,
  readlinkSync,
  statfsSync,
  symlinkSync,
} from "node:fs";
import type { Libc } from "../../src/process/libc.ts";
import { takeLibc } from "../../src/process/bind_libc.ts";
import type { LockDescriptor } from "../../src/process/libc_files.ts";
import { needs, needsThat } from "../support/peers.ts";
import {
  canLock,
  holdLock,
  type LockStyle,
} from "../support/programs/lock_holder.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

const libc = takeLibc();
const ignore = needsThat(libc !== undefined, "libc cannot be bound").ignore ||
  needs("python3").ignore;
const STYLES: readonly LockStyle[] = ["posix", "ofd"];

Deno.test("takeLibc() gives up the permission to load anything", () => {
  const { state } = Deno.permissions.querySync({ name: "ffi" });
  assert(state !== "granted");
  assertEquals(takeLibc(), undefined);
});

Deno.test("tryLock() respects the locks of other programs", {
  ignore,
}, async (t) => {
  using dir = tempDir();
  for (const style of STYLES) {
    await t.step(style, async () => {
      using file = open(dir);
      {
        await using _reader = await holdLock(file.path, {
          style,
          kind: "read",
        });
        assert(file.tryLock("read"));
        assertFalse(file.tryLock("write"));
      }
      using other = open(dir, "other");
      await using writer = await holdLock(other.path, { style, kind: "write" });
      assertFalse(other.tryLock("read"));
      assertFalse(other.tryLock("write"));
      // The lock of an open file is that of no process.
      const expected = style === "posix" ? writer.pid : -1;
      assertEquals(other.findHolder(), expected);
    });
  }
});

Deno.test("other programs respect the locks of tryLock()", {
  ignore,
}, async (t) => {
  using dir = tempDir();
  for (const style of STYLES) {
    await t.step(style, async () => {
      const path = dir.join("lock");
      {
        using file = open(dir);
        assert(file.tryLock("write"));
        assertFalse(await canLock(path, { style, kind: "read" }));
        assertFalse(await canLock(path, { style, kind: "write" }));
        assert(file.tryLock("read")); // gives way to readers
        assert(await canLock(path, { style, kind: "read" }));
        assertFalse(await canLock(path, { style, kind: "write" }));
      }
      assert(await canLock(path, { style, kind: "write" }));
    });
  }
});

Deno.test("tryLock() excludes another open file of the same process", {
  ignore,
}, () => {
  using dir = tempDir();
  using one = open(dir);
  using two = open(dir);
  assert(one.tryLock("write"));
  assertFalse(two.tryLock("read"));
  assertEquals(two.findHolder(), -1);
});

Deno.test("a child process does not keep a lock", { ignore }, async () => {
  using dir = tempDir();
  const file = open(dir);
  assert(file.tryLock("write"));
  const child = new Deno.Command("sleep", { args: ["60"] }).spawn();
  file[Symbol.dispose]();
  const isFree = await canLock(file.path, { style: "posix", kind: "write" });
  child.kill();
  await child.status;
  assert(isFree);
});

Deno.test(
  "tryLock() distinguishes a broken lock from a held one",
  { ignore },
  () => {
    using dir = tempDir();
    const file = open(dir);
    file[Symbol.dispose]();
    assertThrows(() => file.tryLock("write"), Error, "Cannot lock");
  },
);

Deno.test("a lock file is read and written from its beginning", {
  ignore,
}, () => {
  using dir = tempDir();
  using file = open(dir);
  const { mode } = Deno.statSync(file.path);
  assertEquals((mode ?? 0) & 0o777, 0o644 & ~Deno.umask());
  const buffer = new Uint8Array(8);
  assertEquals(file.read(buffer), 0);
  file.write(new TextEncoder().encode("abcdef"));
  file.write(new TextEncoder().encode("XY"));
  assertEquals(Deno.readTextFileSync(file.path), "XYcdef");
  assertEquals([file.read(buffer), file.read(buffer)], [6, 6]);
  assertEquals(new TextDecoder().decode(buffer), "XYcdef\0\0");
});

Deno.test("a lock file reports what it is, and whether it has a name", {
  ignore,
}, () => {
  using dir = tempDir();
  using file = open(dir);
  assert(file.isRegular());
  assert(file.isLinked());
  Deno.removeSync(file.path);
  assertFalse(file.isLinked());
  using folder = bound().openLock(dir.path, "look");
  assert(!folder.isRegular() && folder.isLinked());
  assertEquals(folder.read(new Uint8Array(8)), 0);
});

Deno.test("openLock() makes a file only if it is to", { ignore }, () => {
  using dir = tempDir();
  const path = dir.join("lock");
  assertThrows(() => bound().openLock(path, "look"), Deno.errors.NotFound);
  assertThrows(
    () => bound().openLock(dir.join("none", "lock"), "make"),
    Deno.errors.NotFound,
  );
  assertThrows(() => bound().openLock("lock", "make"), Error);
  bound().openLock(path, "make")[Symbol.dispose]();
  using file = bound().openLock(path, "look");
  assertEquals(file.findHolder(), undefined);
  // It was opened to read: writing goes another way.
  file.write(new TextEncoder().encode("x"));
  assertEquals(Deno.readTextFileSync(path), "x");
});

const ID = "a".repeat(64);
const SHORT_NAME = "ABCDEFGHIJKLMNOPQRSTUVWXY2";

Deno.test("symlink() makes a layer's short link, and no other", {
  ignore,
}, async (t) => {
  using dir = tempDir();
  const links = dir.join("overlay/l");
  await Deno.mkdir(links, { recursive: true });
  await Deno.mkdir(dir.join("elsewhere"));
  const path = `${links}/${SHORT_NAME}`;
  const target = `../${ID}/diff`;
  const cases: readonly [name: string, target: string, path: string][] = [
    ["to an absolute path", "/etc", path],
    ["to a layer's parent", `../${ID}`, path],
    ["out of the store", `../../../${ID}/diff`, path],
    ["to more than one line", `../${ID}/diff\n/etc`, path],
    ["to what has a NUL", `../${ID}/diff\0`, path],
    ["elsewhere", target, dir.join("elsewhere", SHORT_NAME)],
    ["beside", target, `${links}/../${SHORT_NAME}`],
    ["by a way round", target, `${links}/../l/${SHORT_NAME}`],
    ["by a name of another kind", target, `${links}/name`],
    ["by a name with a NUL", target, `${path}\0x`],
    ["by a relative path", target, `overlay/l/${SHORT_NAME}`],
  ];
  for (const [name, to, at] of cases) {
    await t.step(name, () => {
      assertThrows(() => bound().symlink(to, at), TypeError, "Cannot make");
      assertEquals([...Deno.readDirSync(links)], []);
    });
  }
  bound().symlink(target, path);
  assertEquals(readlinkSync(path), target);
  const failed = `Cannot make symbolic link "${path}" to "${target}"`;
  assertThrows(() => bound().symlink(target, path), Error, failed);
});

Deno.test("symlink() needs the permission to write there", {
  ignore,
  permissions: { read: true, write: ["/nowhere"] },
}, () => {
  const path = `/tmp/overlay/l/${SHORT_NAME}`;
  const target = `../${ID}/diff`;
  assertThrows(() => bound().symlink(target, path), TypeError, "may not write");
});

Deno.test("syncFileSystem() writes to the disk, or says so", {
  ignore,
}, async () => {
  using dir = tempDir();
  using file = open(dir);
  const fd = openSync(file.path, "r");
  await bound().syncFileSystem(fd);
  closeSync(fd);
});

Deno.test("openRegular() opens nothing that waits or leads elsewhere", {
  ignore,
}, async () => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("file"), "text");
  await Deno.symlink("file", dir.join("link"));
  await new Deno.Command("mkfifo", { args: [dir.join("fifo")] }).output();
  for (const path of [dir.join("link"), dir.join("fifo"), dir.path]) {
    assertEquals(bound().openRegular(path), undefined);
  }
  assertThrows(
    () => bound().openRegular(dir.join("none")),
    Deno.errors.NotFound,
  );
  using file = bound().openRegular(dir.join("file"));
  const buffer = new Uint8Array(3);
  assertEquals([file?.read(buffer), file?.read(buffer)], [3, 1]);
  assertEquals(file?.read(buffer), 0);
});

Deno.test(
  "emptyFile() empties no file that a link leads to",
  { ignore },
  () => {
    using dir = tempDir();
    Deno.writeTextFileSync(dir.join("file"), "text");
    Deno.symlinkSync("file", dir.join("link"));
    for (const name of ["link", "none", "."]) {
      assertFalse(bound().emptyFile(dir.join(name)));
    }
    assertEquals(Deno.readTextFileSync(dir.join("file")), "text");
    assert(bound().emptyFile(dir.join("file")));
    assertEquals(Deno.statSync(dir.join("file")).size, 0);
  },
);

Deno.test("openLock() opens nothing below /dev, /proc and /sys", {
  ignore,
}, () => {
  for (const use of ["make", "look"] as const) {
    for (const path of ["/dev/null", "/proc/self/stat"]) {
      assertThrows(() => bound().openLock(path, use), Error);
    }
  }
});

Deno.test(
  "readSpace() reads what the system reports a disk",
  { ignore },
  () => {
    using dir = tempDir();
    const { blocks, bsize, files } = statfsSync(dir.path);
    const space = bound().readSpace(dir.path);
    assertEquals(space?.inodes, files);
    assert(space !== undefined && space.free > 0);
    assert(space.free <= blocks * bsize && space.freeInodes <= files);
    assertEquals(bound().readSpace(dir.join("none")), undefined);
  },
);

Deno.test("readVersion() reports whether a file is as it was", {
  ignore,
}, () => {
  using dir = tempDir();
  const [path, other] = [dir.join("file"), dir.join("other")];
  const version = () => bound().readVersion(path);
  assertEquals(version(), undefined);
  Deno.writeTextFileSync(path, "text");
  const first = version();
  assertEquals(version(), first);
  Deno.writeTextFileSync(path, "longer text");
  const second = version();
  Deno.writeTextFileSync(other, "longer text");
  Deno.renameSync(other, path);
  assertEquals(new Set([first, second, version()]).size, 3);
  Deno.removeSync(path);
  Deno.symlinkSync("file", path);
  assertEquals(version(), undefined);
});

Deno.test("isMountPoint() reports what something is mounted on", {
  ignore,
}, () => {
  using dir = tempDir();
  assert(bound().isMountPoint("/proc"));
  Deno.symlinkSync("/proc", dir.join("link"));
  assert(bound().isMountPoint(dir.join("link")));
  assertFalse(bound().isMountPoint(dir.path));
  assertEquals(bound().isMountPoint(dir.join("none")), undefined);
});

Deno.test("readLimit() reads what the kernel lists", { ignore }, async () => {
  const text = await readProc("limits");
  for (
    const [resource, name] of [[7, "Max open files"], [4, "Max core file size"]]
  ) {
    const line = text.split("\n").find((line) => line.startsWith(String(name)));
    const [soft, hard] = (line ?? "").slice(25).trim().split(/\s+/)
      .slice(0, 2).map((word) =>
        word === "unlimited" ? 2n ** 64n - 1n : BigInt(word)
      );
    assertEquals(bound().readLimit(Number(resource)), { soft, hard });
  }
  assertEquals(bound().readLimit(99), undefined);
});

Deno.test("readCapabilities() reads what the kernel lists", {
  ignore,
}, async () => {
  const text = await readProc("status");
  const permitted = /^CapPrm:\s*([0-9a-f]+)$/m.exec(text)?.[1];
  assertEquals(bound().readCapabilities(), BigInt(`0x${permitted}`));
});

Deno.test("readStatus() sees devices, and follows links", { ignore }, () => {
  const device = (path: string) => {
    const { mode = 0, major, minor } = bound().readStatus(path) ?? {};
    return { type: mode & 0o170000, major, minor };
  };
  const character = 0o020000;
  assertEquals(device("/dev/null"), { type: character, major: 1, minor: 3 });
  assertEquals(device("/dev/tty"), { type: character, major: 5, minor: 0 });
  using dir = tempDir();
  symlinkSync("/dev/null", dir.join("link"));
  assertEquals(device(dir.join("link")).minor, 3);
  assertEquals(bound().readStatus(dir.join("none")), undefined);
  const { mode, uid } = bound().readStatus(dir.path) ?? {};
  assertEquals({ mode, uid }, { mode: 0o040700, uid: Deno.uid() ?? undefined });
});

Deno.test("readMountTable() reads what the kernel lists", {
  ignore,
}, async () => {
  let expected: string;
  do expected = await readProc("mountinfo"); // while others mount and unmount
   while (expected !== await readProc("mountinfo"));
  const listed = expected.split("\n").filter((line) =>
    / \/(proc)? /.test(line)
  );
  const read = (bound().readMountTable() ?? "").split("\n");
  assertEquals(listed.filter((line) => !read.includes(line)), []);
});

interface OpenFile extends LockDescriptor {
  readonly path: string;
}

function open(dir: TempDir, name = "lock"): OpenFile {
  const path = dir.join(name);
  return { path, ...bound().openLock(path, "make") };
}

/** What a child sees of itself, which has its limits from here. */
async function readProc(name: string): Promise<string> {
  const args = [`/proc/self/${name}`];
  const { stdout } = await new Deno.Command("cat", { args }).output();
  return new TextDecoder().decode(stdout);
}

Deno.test("what is told of processes and of the machine is the kernel's", {
  ignore,
}, () => {
  assert(/^MemTotal: +\d+ kB\nMemFree: /.test(bound().readMemoryTable() ?? ""));
  const stat = bound().readProcessFile(Deno.pid, "stat") ?? "";
  assert(stat.startsWith(`${Deno.pid} (`) && stat.endsWith("\n"));
  assert(bound().readProcessFile(1, "stat")?.startsWith("1 ("));
  for (const pid of [0, -1, 1.5, NaN, 2 ** 31, 2 ** 60]) {
    assertEquals(bound().readProcessFile(pid, "stat"), undefined);
  }
});

Deno.test("a long command line is read whole", { ignore }, async () => {
  const args = ["-c", "echo; read x", ...Array(4).fill("x".repeat(100_000))];
  const child = new Deno.Command("/bin/sh", {
    args,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read(); // it has begun
  const line = bound().readProcessFile(child.pid, "cmdline");
  await child.stdin.close();
  await child.status;
  await reader.cancel();
  assertEquals(line, ["/bin/sh", ...args, ""].join("\0"));
});

Deno.test("readSpace() has what others than root may use", { ignore }, () => {
  using dir = tempDir();
  const ask = () => {
    const { bavail, bsize, ffree } = statfsSync(dir.path);
    return { free: bavail * bsize, freeInodes: ffree };
  };
  // Others write at the same time.
  for (let tries = 0; tries < 1000; tries++) {
    const before = ask();
    const { free, freeInodes } = bound().readSpace(dir.path) ?? {};
    const after = ask();
    if (JSON.stringify(before) !== JSON.stringify(after)) continue;
    assertEquals({ free, freeInodes }, before);
    return;
  }
  throw new Error("it changes all the time");
});

Deno.test("setUmask() sets the umask", { ignore }, () => {
  const before = Deno.umask();
  bound().setUmask(0o077);
  assertEquals(Deno.umask(before), 0o077);
});

function bound(): Libc {
  if (libc === undefined) throw new Error("not bound");
  return libc;
}

Deno.test("hasReader() reports whether a fifo is read, and waits for nobody", {
  ignore: libc === undefined,
}, async () => {
  using dir = tempDir();
  const fifo = dir.join("fifo");
  assertFalse(libc?.hasReader(fifo));
  await new Deno.Command("mkfifo", { args: [fifo] }).output();
  assertFalse(libc?.hasReader(fifo));
  {
    // To read and write: that waits for nobody, either.
    using _file = await Deno.open(fifo, { read: true, write: true });
    assert(libc?.hasReader(fifo));
  }
  assertFalse(libc?.hasReader(fifo));
  await Deno.writeTextFile(dir.join("file"), "text");
  assertFalse(libc?.hasReader(dir.join("file")));
  await Deno.symlink(fifo, dir.join("link"));
  assertFalse(libc?.hasReader(dir.join("link")));
});
