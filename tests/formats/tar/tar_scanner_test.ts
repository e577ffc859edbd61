import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { InvalidLayerError } from "../../../src/errors/image_errors.ts";
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
  fragment,
  gnuLong,
  hardlink,
  latin1,
  type Member,
  MEMBER_TIME,
  pax,
  rawPax,
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
      "a PAX attribute that takes another back",
      archive(
        pax({ "SCHILY.xattr.user.a": "", "SCHILY.xattr.user.b": "b" }),
        file("f", "x"),
      ),
      { ...plain, xattrs: new Map([["user.b", "b"]]) },
    ],
    [
      "no PAX attributes but such",
      archive(pax({ "SCHILY.xattr.user.a": "" }), file("f", "x")),
      plain,
    ],
    [
      "a GNU long name without an end",
      archive({ name: "L", type: "L", content: "abc" }, file("f", "x")),
      { ...plain, name: "abc" },
    ],
    [
      "a GNU long name of nothing",
      archive({ name: "L", type: "L", content: "\0abc" }, file("f", "x")),
      { ...plain, name: "" },
    ],
    [
      "the largest IDs",
      archive(pax({ uid: "4294967294", gid: "4294967294" }), file("f", "x")),
      { ...plain, uid: 4_294_967_294, gid: 4_294_967_294 },
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

Deno.test("TarScanner refuses what is damaged, and reports where", async (t) => {
  const f = file("f", "x");
  const g = (member: Partial<Member>) => archive({ name: "f", ...member });
  const cases: readonly (readonly [string, Bytes, string])[] = [
    ["half a header", fragment(f).slice(0, 511), "cut short"],
    ["a header without content", fragment(f).slice(0, 512), "cut short"],
    [
      "half of the content",
      fragment(file("f", "x".repeat(99))).slice(0, 600),
      "cut short",
    ],
    [
      "an extended header without body",
      pax({ path: "a" }).slice(0, 512),
      "cut short",
    ],
    ["half an extended header", pax({ path: "a" }).slice(0, 515), "cut short"],
    [
      "bytes after an entry",
      concatBytes([fragment(f), latin1("x")]),
      "cut short",
    ],
    [
      "a single zero block",
      concatBytes([fragment(f), new Uint8Array(512), fragment(f)]),
      "header at byte 1536: it follows a single zero block",
    ],
    [
      "a wrong checksum",
      concatBytes([fragment(f), latin1("x".repeat(512))]),
      "header at byte 1024: its checksum",
    ],
    [
      "an unknown type",
      g({ type: "Q" }),
      'header at byte 0: its type "Q" is unknown',
    ],
    ["a size below zero", g({ size: "\xff".repeat(12) }), "its size is -1"],
    [
      "an extension with a size below zero",
      concatBytes([
        fragment({ name: "x", type: "x", size: "\xff".repeat(12) }),
        archive(f),
      ]),
      "extended header of -1 bytes is too large",
    ],
    [
      "a user ID too many",
      g({ uid: base256(0xffffffffn, 8) }),
      "its uid is 4294967295",
    ],
    ["a user ID below zero", g({ uid: "\xff".repeat(8) }), "its uid is -1"],
    [
      "a group ID too many",
      archive(pax({ gid: "4294967295" }), f),
      "its gid is 4294967295",
    ],
    [
      "two names",
      archive(pax({ path: "a" }), gnuLong("L", "b"), f),
      "it has two names",
    ],
    [
      "two link names",
      archive(pax({ linkpath: "a" }), gnuLong("K", "b"), symlink("l", "c")),
      "it has two link names",
    ],
    [
      "a malformed extended header",
      archive(rawPax("3 =x\n"), f),
      "header at byte",
    ],
    [
      "a malformed global header",
      archive(rawPax("3 =x\n", "g"), f),
      "header at byte",
    ],
    ["a time that is none", archive(pax({ mtime: "x" }), f), "mtime"],
    ["a size that is none", archive(pax({ size: "1x" }), f), "size"],
  ];
  for (const [name, bytes, message] of cases) {
    for (const step of [1, bytes.length]) {
      await t.step(`${name}, ${step} bytes at a time`, () => {
        assertThrows(() => scan(bytes, step), InvalidLayerError, message);
      });
    }
  }
});

Deno.test("TarScanner takes archives that end in unusual ways", async (t) => {
  const f = file("f", "x");
  const cases: readonly (readonly [string, Bytes])[] = [
    ["no zero block", fragment(f)],
    ["one zero block", concatBytes([fragment(f), new Uint8Array(512)])],
    ["a part of a zero block", concatBytes([fragment(f), new Uint8Array(5)])],
    [
      "a zero block and a part",
      concatBytes([fragment(f), new Uint8Array(600)]),
    ],
    ["no padding", fragment(f).slice(0, 513)],
    ["half of the padding", fragment(f).slice(0, 700)],
    [
      "any bytes after the end",
      concatBytes([archive(f), latin1("f".repeat(99))]),
    ],
  ];
  for (const [name, bytes] of cases) {
    for (const step of [1, 300, bytes.length]) {
      await t.step(`${name}, ${step} bytes at a time`, () => {
        const { entries, all } = scan(bytes, step);
        assertEquals(entries.map((entry) => entry.content), ["x"]);
        assertEquals(all, bytes);
      });
    }
  }
});

Deno.test("TarScanner takes extended headers up to 1 MiB", () => {
  const LIMIT = 1024 * 1024;
  const of = (bytes: number) =>
    archive(pax({ comment: "c".repeat(bytes - 17) }), file("f", "x"));
  assertEquals(scan(of(LIMIT), LIMIT).entries.length, 1);
  assertThrows(
    () => scan(of(LIMIT + 1), LIMIT),
    InvalidLayerError,
    "its extended header of 1048577 bytes is too large",
  );
});

Deno.test("TarScanner lets extensions count for the next entry alone", () => {
  const { entries } = scan(
    archive(
      pax({ uid: "5", path: "a" }),
      gnuLong("L", "a"),
      file("x"),
      file("b"),
      pax({ uid: "6", path: "c" }, "g"),
      gnuLong("K", "target"),
      hardlink("l", "x"),
      hardlink("m", "b"),
      rawPax(""),
      dir("d/"),
    ),
    700,
  );
  assertEquals(
    entries.map(({ name, linkName, uid }) => [name, linkName, uid]),
    [
      ["a", "", 5],
      ["b", "", 0],
      ["l", "target", 0],
      ["m", "b", 0],
      ["d/", "", 0],
    ],
  );
});

Deno.test("TarScanner knows the types of entries", async (t) => {
  const cases: readonly (readonly [Member, TarEntry["type"]])[] = [
    [{ name: "f", type: "\0" }, "file"],
    [{ name: "f/", type: "\0" }, "directory"],
    [{ name: "f", type: "0" }, "file"],
    [{ name: "f/", type: "0" }, "file"],
    [{ name: "f", type: "7" }, "file"],
    [{ name: "f", type: "1", linkName: "a" }, "link"],
    [{ name: "f", type: "2", linkName: "a" }, "symlink"],
    [{ name: "f", type: "3", major: 1, minor: 3 }, "char"],
    [{ name: "f", type: "4", major: 8, minor: 1 }, "block"],
    [{ name: "f", type: "5" }, "directory"],
    [{ name: "f", type: "6" }, "fifo"],
  ];
  for (const [member, type] of cases) {
    await t.step(`${JSON.stringify(member.type)} is a ${type}`, () => {
      // A size means nothing where nothing can be held.
      const size = type === "file" ? 0 : 1024;
      const { entries } = scan(archive({ ...member, size }), 512);
      const [entry] = entries;
      assertEquals([entry?.type, entry?.size], [type, 0]);
      assertEquals(entry?.linkName, member.linkName ?? "");
      assertEquals([entry?.major, entry?.minor], [
        member.major ?? 0,
        member.minor ?? 0,
      ]);
      assertEquals(entries.length, 1);
    });
  }
});

Deno.test("TarScanner continues behind content that no one reads", async (t) => {
  const bytes = archive(
    file("a", "x".repeat(600)),
    file("b", "y".repeat(512)),
    file("c", ""),
  );
  const positions: string[] = [];
  let at = 0;
  const scanner = new TarScanner({
    onRaw: (part) => at += part.length,
    onEntry: ({ name }) => positions.push(`${name} at ${at}`),
    onContent: () => {},
    onEntryEnd: () => positions.push("end"),
  });
  const take = (from: number, to: number) =>
    scanner.write(bytes.subarray(from, to));
  await t.step("all of it", () => {
    take(0, 512);
    assertEquals([scanner.contentLeft, scanner.isAtEnd], [600, false]);
    scanner.skipContent();
    assertEquals([scanner.contentLeft, positions], [0, ["a at 512", "end"]]);
  });
  await t.step("what is left of it", () => {
    take(512 + 600, 1536 + 512 + 12);
    assertEquals([scanner.contentLeft, scanner.isAtEnd], [500, false]);
    scanner.skipContent();
    at += 500;
  });
  await t.step("not where there is none", () => {
    scanner.skipContent();
    assertEquals(positions.slice(2), ["b at 1448", "end"]);
    take(1536 + 512 + 512, bytes.length - 1024);
    scanner.skipContent();
    assertEquals(positions.slice(4), ["c at 2460", "end"]);
  });
  await t.step("and reports where it is", () => {
    const [start] = [bytes.length - 1024];
    const odd = new Uint8Array(512).fill(1);
    const { message } = assertThrows(
      () => scanner.write(odd),
      InvalidLayerError,
    );
    assertStringIncludes(message, `header at byte ${start}: `);
    take(start, bytes.length);
    assert(scanner.isAtEnd);
  });
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
