import { assertEquals } from "@std/assert";
import { toText } from "../../../src/formats/bytes.ts";
import type { TarEntry } from "../../../src/formats/tar/tar_entry.ts";
import { parseTarHeader } from "../../../src/formats/tar/tar_header.ts";
import {
  encodeTarHeaders,
  TAR_END,
  tarPadding,
} from "../../../src/formats/tar/tar_writer.ts";

const LONG_LINK = "././@LongLink";
const ENTRY: TarEntry = {
  type: "char",
  name: "n",
  linkName: "",
  size: 0,
  mode: 0o644,
  uid: 1,
  gid: 2,
  mtime: 3,
  mtimeNs: 0,
  major: 4,
  minor: 5,
  xattrs: undefined,
};

Deno.test("encodeTarHeaders() writes numbers so that they are read again", async (t) => {
  const small = [0, 7, 8, 8 ** 7 - 1, 8 ** 7, 2 ** 32 - 2];
  const large = [...small, -1, -8, 8 ** 11 - 1, 8 ** 11, 2 ** 40, 2 ** 52];
  const fields = {
    ...{ mode: small, uid: small, gid: small, major: small, minor: small },
    ...{ size: large.filter((n) => n >= 0), mtime: large },
  };
  for (const [field, values] of Object.entries(fields)) {
    for (const value of values) {
      await t.step(`${field} ${value}`, () => {
        const block = encodeTarHeaders({ ...ENTRY, [field]: value });
        assertEquals(block.length, 512);
        const { typeFlag, ...read } = parseTarHeader(block, 0);
        const { type: _, mtimeNs: _n, xattrs: _x, ...written } = ENTRY;
        assertEquals(typeFlag, 0x33);
        assertEquals(read, { ...written, [field]: value });
      });
    }
  }
});

Deno.test("encodeTarHeaders() writes octal as long as it fits", async (t) => {
  const cases: readonly (readonly [number, string])[] = [
    [0o644, "3030303036343400"],
    [8 ** 7 - 1, "3737373737373700"],
    [8 ** 7, "8000000000200000"],
  ];
  for (const [uid, expected] of cases) {
    await t.step(String(uid), () => {
      const block = encodeTarHeaders({ ...ENTRY, uid });
      assertEquals(block.slice(108, 116).toHex(), expected);
    });
  }
});

Deno.test("encodeTarHeaders() puts a name into GNU headers from 101 bytes on", async (t) => {
  const cases: readonly (readonly [Partial<TarEntry>, number])[] = [
    [{ name: "n".repeat(100) }, 1],
    [{ name: "n".repeat(101) }, 3],
    [{ name: "n".repeat(511) }, 3],
    [{ name: "n".repeat(512) }, 4],
    [{ type: "symlink", linkName: "l".repeat(100) }, 1],
    [{ type: "symlink", linkName: "l".repeat(101) }, 3],
    [{ name: "n".repeat(101), linkName: "l".repeat(101), type: "link" }, 5],
    [{ mtimeNs: 1 }, 3],
    [{ mtimeNs: 0 }, 1],
    [{ xattrs: new Map() }, 1],
    [{ xattrs: new Map([["user.a", "b"]]) }, 3],
  ];
  for (const [change, blocks] of cases) {
    const name = Object.entries(change).map(([key, value]) =>
      `${key} ${String(value).slice(0, 10)}${String(value).length}`
    ).join(", ");
    await t.step(name, () => {
      const bytes = encodeTarHeaders({ ...ENTRY, ...change });
      assertEquals(bytes.length, 512 * blocks);
      const last = parseTarHeader(bytes, bytes.length - 512);
      if (blocks > 1) assertEquals(parseTarHeader(bytes, 0).name, LONG_LINK);
      assertEquals(last.name, (change.name ?? ENTRY.name).slice(0, 100));
      assertEquals(last.linkName, (change.linkName ?? "").slice(0, 100));
    });
  }
});

Deno.test("tarPadding() fills up to the next block", () => {
  const lengths = [0, 1, 511, 512, 513, 1024].map((n) => tarPadding(n).length);
  assertEquals(lengths, [0, 511, 1, 0, 511, 0]);
  assertEquals(TAR_END, new Uint8Array(1024));
});

Deno.test("encodeTarHeaders() says nothing else in extended headers", () => {
  const bytes = encodeTarHeaders({ ...ENTRY, name: "n".repeat(101) });
  assertEquals(parseTarHeader(bytes, 0), {
    ...{ name: LONG_LINK, linkName: "", typeFlag: 0x4c, size: 102 },
    ...{ mode: 0, uid: 0, gid: 0, mtime: 0, major: 0, minor: 0 },
  });
  // As POSIX has them, also where they are no device's.
  assertEquals(bytes.slice(329, 345).toHex(), "3030303030303000".repeat(2));
});

Deno.test("encodeTarHeaders() tells in records what headers cannot", async (t) => {
  const cases: readonly (readonly [Partial<TarEntry>, string])[] = [
    [{ mtimeNs: 5 }, "21 mtime=3.000000005\n"],
    [{ mtimeNs: 120_000_000 }, "21 mtime=3.120000000\n"],
    [{ mtimeNs: 999_999_999, mtime: 10 }, "22 mtime=10.999999999\n"],
    [{ xattrs: new Map([["user.a", "b"]]) }, "25 SCHILY.xattr.user.a=b\n"],
    [
      { mtimeNs: 1, xattrs: new Map([["a", ""], ["b", "\xff"]]) },
      "21 mtime=3.000000001\n" +
      "19 SCHILY.xattr.a=\n20 SCHILY.xattr.b=\xff\n",
    ],
    [
      { type: "file", sparse: { realSize: 99, regions: [] } },
      "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n" +
      "26 GNU.sparse.realsize=99\n",
    ],
  ];
  for (const [change, expected] of cases) {
    await t.step(JSON.stringify(expected), () => {
      const bytes = encodeTarHeaders({ ...ENTRY, ...change });
      const { typeFlag, name, size } = parseTarHeader(bytes, 0);
      assertEquals([typeFlag, name], [0x78, LONG_LINK]);
      const body = bytes.slice(512, 512 + size);
      assertEquals(String.fromCharCode(...body), expected);
    });
  }
});

Deno.test("encodeTarHeaders() puts the map of a sparse file before its data", () => {
  const sparse = { realSize: 9000, regions: [{ offset: 512, length: 7 }] };
  const entry = { ...ENTRY, type: "file", size: 7, sparse } as const;
  const bytes = encodeTarHeaders(entry);
  const [header, map] = [bytes.length - 1024, bytes.length - 512];
  const { typeFlag, name, size } = parseTarHeader(bytes, header);
  assertEquals([typeFlag, name, size], [0x30, "n", 512 + 7]);
  const text = "2\n512\n7\n9000\n0\n";
  assertEquals(toText(bytes.slice(map)), text.padEnd(512, "\0"));
});

Deno.test("encodeTarHeaders() writes the type of each kind", () => {
  const types = {
    ...{ block: "4", char: "3", directory: "5", fifo: "6" },
    ...{ file: "0", link: "1", symlink: "2" },
  } as const;
  for (const [type, flag] of Object.entries(types)) {
    const bytes = encodeTarHeaders({ ...ENTRY, type: type as "file" });
    assertEquals(toText(bytes.slice(156, 157)), flag);
    assertEquals(toText(bytes.slice(257, 265)), "ustar\x0000");
  }
});
