import { assertEquals } from "@std/assert";
import { toBinaryString } from "../../../src/formats/binary_string.ts";
import { type Bytes, concatBytes } from "../../../src/formats/bytes.ts";
import type { TarEntry } from "../../../src/formats/tar/tar_entry.ts";
import { TarScanner } from "../../../src/formats/tar/tar_scanner.ts";
import {
  encodeTarHeaders,
  TAR_END,
  tarPadding,
} from "../../../src/formats/tar/tar_writer.ts";
import {
  archive,
  base256,
  dir,
  file,
  gnuLong,
  latin1,
  MEMBER_TIME,
  pax,
  symlink,
} from "../../support/images/tar_builder.ts";

interface Scanned {
  readonly entries: (TarEntry & { readonly content: string })[];
  /** The archive, put together again. */
  readonly all: Bytes;
  /** Bytes that are no content. */
  readonly raw: number;
}

const LONG = "directory/".repeat(20) + "name";

Deno.test("TarScanner hands on every byte, in chunks of any size", () => {
  const bytes = concatBytes([
    archive(
      dir("d/"),
      file("d/f", "x".repeat(513)),
      pax({ path: "p", mtime: "1.5" }),
      file("other", "y".repeat(512)),
      gnuLong("L", LONG),
      file("short", ""),
    ),
    latin1("trailing"),
  ]);
  const whole = scan(bytes, bytes.length);
  assertEquals(whole.all, bytes);
  assertEquals(whole.raw, bytes.length - 513 - 512);
  assertEquals(whole.entries.map(({ name }) => name), ["d/", "d/f", "p", LONG]);
  for (const step of [1, 7, 511, 512, 513, 1000]) {
    assertEquals(scan(bytes, step), whole);
  }
});

Deno.test("TarScanner reads entries", async (t) => {
  const plain = {
    type: "file",
    name: "f",
    linkName: "",
    size: 1,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: MEMBER_TIME,
    mtimeNs: 0,
    major: 0,
    minor: 0,
    content: "x",
  };
  const none = { size: 0, content: "" };
  const cases: readonly (readonly [string, Bytes, object])[] = [
    ["a plain file", archive(file("f", "x")), plain],
    [
      "a POSIX prefix",
      archive(file("f", "x", { prefix: "a/b" })),
      { ...plain, name: "a/b/f" },
    ],
    [
      "no prefix in GNU headers",
      archive(file("f", "x", { prefix: "0123", magic: "ustar  \0" })),
      plain,
    ],
    [
      "numbers in base 256",
      archive(file("f", "x", { uid: base256(5_000_000n, 8) })),
      { ...plain, uid: 5_000_000 },
    ],
    [
      "numbers in octal, with blanks around",
      archive(file("f", "x", { uid: "  755 \0" })),
      { ...plain, uid: 0o755 },
    ],
    [
      "numbers that fill their field",
      archive(file("f", "x", { uid: "00000755" })),
      { ...plain, uid: 0o755 },
    ],
    [
      "PAX records",
      archive(
        pax({ path: "p\xff", uid: "70000", gid: "8", mtime: "7.000000001" }),
        file("f", "x"),
      ),
      { ...plain, name: "p\xff", uid: 70000, gid: 8, mtime: 7, mtimeNs: 1 },
    ],
    [
      "empty PAX records, which mean nothing",
      archive(pax({ path: "", uid: "", mtime: "" }), file("f", "x")),
      plain,
    ],
    [
      "PAX attributes",
      archive(pax({ "SCHILY.xattr.user.a": "\0=\n" }), file("f", "x")),
      { ...plain, xattrs: new Map([["user.a", "\0=\n"]]) },
    ],
    [
      "a GNU long link name",
      archive(gnuLong("K", LONG), symlink("l", "short")),
      {
        ...plain,
        ...none,
        type: "symlink",
        name: "l",
        linkName: LONG,
        mode: 0o777,
      },
    ],
    [
      "a PAX size",
      archive(pax({ size: "1" }), file("f", "x", { size: 0 })),
      plain,
    ],
  ];
  for (const [name, bytes, expected] of cases) {
    await t.step(name, () => {
      const [entry] = scan(bytes, 600).entries;
      assertEquals({ xattrs: undefined, ...expected }, entry as object);
    });
  }
});

Deno.test("TarScanner reads what encodeTarHeaders() writes", () => {
  const entry: TarEntry = {
    type: "file",
    name: `\xff${LONG}`,
    linkName: "",
    size: 3,
    mode: 0o4755,
    uid: 4_000_000_000,
    gid: 7,
    mtime: -5,
    mtimeNs: 0,
    major: 0,
    minor: 0,
    xattrs: new Map([["security.capability", "\x01\0\0\x02"]]),
  };
  const timed = { ...entry, name: "n", mtime: 5, mtimeNs: 1 };
  const link: TarEntry = {
    ...entry,
    type: "symlink",
    name: "l".repeat(100),
    linkName: LONG,
    size: 0,
    xattrs: undefined,
  };
  const bytes = concatBytes([
    ...[encodeTarHeaders(entry), latin1("abc"), tarPadding(3)],
    ...[encodeTarHeaders(timed), latin1("def"), tarPadding(3)],
    ...[encodeTarHeaders(link), TAR_END],
  ]);
  assertEquals(scan(bytes, 4096).entries, [
    { ...entry, content: "abc" },
    { ...timed, content: "def" },
    { ...link, content: "" },
  ]);
});

function scan(bytes: Bytes, step: number): Scanned {
  const entries: Scanned["entries"] = [];
  const parts: Bytes[] = [];
  let raw = 0;
  let content = "";
  let current: TarEntry | undefined;
  const scanner = new TarScanner({
    onRaw(part) {
      raw += part.length;
      parts.push(part.slice());
    },
    onEntry: (entry) => current = entry,
    onContent(part) {
      content += toBinaryString(part);
      parts.push(part.slice());
    },
    onEntryEnd() {
      if (current !== undefined) entries.push({ ...current, content });
      content = "";
    },
  });
  for (let at = 0; at < bytes.length; at += step) {
    scanner.write(bytes.subarray(at, at + step));
  }
  scanner.end();
  return { entries, all: concatBytes(parts), raw };
}
