import { assertEquals } from "@std/assert";
import { applySpool } from "../../src/unpack/apply_spool.ts";
import { unpackBlob } from "../../src/unpack/unpack_blob.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import type { Bytes } from "../../src/formats/bytes.ts";
import { assembleTar } from "../support/images/assemble_tar.ts";
import {
  archive,
  dir,
  file,
  gnuSparse,
  hardlink,
  type Member,
  pax,
  sparse10,
  symlink,
} from "../support/images/tar_builder.ts";
import { describeTree } from "../support/images/tree.ts";
import { runTar } from "../support/images/run_tar.ts";
import { needs } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

type Parts = readonly (Bytes | Member)[];

// Smaller files wait for the spool, after the first eight.
const SMALL_BYTES = 64 * 1024;
const LARGE = "l".repeat(SMALL_BYTES);
const OWNED = { uid: 1234, gid: 567, mode: 0o4751, mtime: 1_234_567_890 };
const CAPABILITY = "\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

// Directories that only paths imply are from now on.
const MADE_AT = 1_700_000_000;

/** So many small files that those behind them wait. */
const FIRST: Parts = Array.from(
  { length: 8 },
  (_, index) => file(`first${index}`, `${index}`),
);
const MARKED = pax({ "SCHILY.xattr.security.capability": CAPABILITY });
const ODD_TIME = pax({ mtime: "1600000000.123456789" });

const CASES: Readonly<Record<string, Parts>> = {
  "owners, modes and times of all kinds": [
    dir("d/", OWNED),
    file("d/small", "x", OWNED),
    file("d/empty", "", OWNED),
    file("d/large", LARGE, OWNED),
    symlink("d/l", "small", OWNED),
    { name: "d/p", type: "6", ...OWNED },
    { name: "d/c", type: "3", ...OWNED, major: 1, minor: 3 },
    { name: "d/b", type: "4", ...OWNED, major: 259, minor: 70_000 },
  ],
  "the same behind eight small files": [
    ...FIRST,
    file("small", "x", OWNED),
    file("empty", "", OWNED),
    file("below", LARGE.slice(1), OWNED),
    file("at", LARGE, OWNED),
    file("other", "y", { ...OWNED, uid: 1 }),
  ],
  "sizes around blocks and buffers": [
    ...FIRST,
    ...[1, 511, 512, 513, 65_535, 65_536, 262_143, 262_144, 262_145, 600_000]
      .map((size) => file(`f${size}`, "s".repeat(size))),
  ],
  "many small files": Array.from(
    { length: 600 },
    (_, n) => file(`d/${n}`, `${n}`.repeat(200), { uid: n % 7, mtime: n }),
  ),
  "directories after what is in them": [
    file("d/e/f", "x"),
    dir("d/e/", { mode: 0o700, mtime: 7, uid: 9 }),
    dir("d/", { mode: 0o1777, mtime: 8, gid: 9 }),
  ],
  "a directory whose later entry says something else": [
    dir("d/", OWNED),
    file("d/f"),
    dir("d/", { mode: 0o711, mtime: 99 }),
  ],
  "modes of nothing": [
    dir("d/", { mode: 0 }),
    file("d/f", "x", { mode: 0 }),
    file("d/g", "", { mode: 0 }),
  ],
  "times between seconds": [
    ...FIRST,
    ...[file("f", LARGE), file("s", "x"), file("e", ""), symlink("l", "x")]
      .flatMap((member) => [ODD_TIME, member]),
    ODD_TIME,
    dir("d/"),
    pax({ mtime: "1600000000.5" }),
    file("half", LARGE),
  ],
  "capabilities": [
    ...[file("f", LARGE), file("s", "x"), file("e", "")]
      .flatMap((member) => [MARKED, member]),
    pax({ "SCHILY.xattr.trusted.mine": "kept" }),
    dir("d/"),
  ],
  "hard links to files of each kind": [
    file("large", LARGE, OWNED),
    { ...hardlink("large2", "large"), ...OWNED },
    file("first", "x", OWNED),
    { ...hardlink("first2", "./first"), ...OWNED },
    ...FIRST,
    file("small", "x", OWNED),
    { ...hardlink("d/small2", "small"), ...OWNED },
    { ...hardlink("small3", "d/small2"), ...OWNED },
    file("empty", "", OWNED),
    { ...hardlink("empty2", "empty"), ...OWNED },
    symlink("l", "small", OWNED),
    { ...hardlink("l2", "l"), ...OWNED },
    MARKED,
    file("marked", LARGE, OWNED),
    { ...hardlink("marked2", "marked"), ...OWNED },
  ],
  "small files of each kind that are replaced": [
    ...FIRST,
    file("a", "old"),
    file("b", "old"),
    file("c", "", OWNED),
    file("kept", "kept", OWNED),
    { ...hardlink("linked", "kept"), ...OWNED },
    ODD_TIME,
    file("odd", "odd", OWNED),
    MARKED,
    file("marked", "m", OWNED),
    file("a", "new", { mode: 0o600 }),
    symlink("b", "a"),
    file("c", LARGE),
    file("after", "after", OWNED),
  ],
  "a file that others replace again and again": [
    ...FIRST,
    file("f", "1"),
    symlink("f", "first0"),
    file("f", LARGE),
    { name: "f", type: "6" },
    file("f", "", OWNED),
    file("f", "last", OWNED),
  ],
  "files with holes": [
    ...FIRST,
    gnuSparse("gnu", 300_000, [[0, "a".repeat(512)], [262_144, "b"], [
      300_000,
      "",
    ]]),
    ...sparse10("pax10", 100_000, [[4096, "c".repeat(4096)], [99_999, "d"]], {
      "GNU.sparse.name": "pax10",
    }),
    MARKED,
    gnuSparse("marked", 50_000, [[512, "e".repeat(1024)], [49_000, "f"], [
      50_000,
      "",
    ]]),
  ],
  "names that are no text": [
    ...FIRST,
    file("\xff", "x", OWNED),
    file("\xffempty", "", OWNED),
    file("\xfflarge", LARGE, OWNED),
    dir("d\xfe/", OWNED),
    file("d\xfe/f", "x", OWNED),
    hardlink("d\xfe/g", "d\xfe/f"),
    file("\xc3\xa4", "x", OWNED),
    symlink("\xfdl", "\xff", OWNED),
  ],
};

for (const [name, parts] of Object.entries(CASES)) {
  Deno.test({
    name: `LayerMaker makes what tar makes: ${name}`,
    ...needs("root", "tar", "find", "getfattr"),
    async fn() {
      using staging = tempDir();
      const tar = archive(...parts);
      const unpacker = unpackBlob({ directory: staging.path });
      unpacker.write(tar);
      const { hasSpool } = unpacker.finish();
      const split = staging.join("tar-split.gz");
      if (hasSpool) await applySpool(staging.path, runTar);
      await Deno.mkdir(staging.join("tar"));
      await Deno.writeFile(staging.join("layer.tar"), tar);
      await runTar([
        ...["--extract", "--preserve-permissions", "--numeric-owner"],
        ...["--xattrs", "--xattrs-include=*", "--directory"],
        ...[staging.join("tar"), "--file", staging.join("layer.tar")],
      ]);
      const options = { now: MADE_AT };
      const made = await describeTree(staging.join("diff"), options);
      assertEquals(made, await describeTree(staging.join("tar"), options));
      // Its content is on disk, or kept because something replaced it.
      const again = assembleTar(split, staging.join("diff"));
      assertEquals(digestOf(again), digestOf(tar));
    },
  });
}

Deno.test({
  name: "LayerMaker gives a file what its last hard link says",
  ...needs("root", "tar", "find", "getfattr"),
  async fn(t) {
    const other = { mode: 0o600, uid: 5, gid: 6, mtime: 99 };
    // What the file is: on disk at once, in the spool, or without content.
    const cases: readonly (readonly [string, Parts])[] = [
      ["large", [file("f", LARGE, OWNED)]],
      ["small", [...FIRST, file("f", "x", OWNED)]],
      ["empty", [...FIRST, file("f", "", OWNED)]],
      ["small, linked before", [
        ...FIRST,
        file("f", "x", OWNED),
        { ...hardlink("g", "f"), ...OWNED },
      ]],
    ];
    for (const [name, parts] of cases) {
      await t.step(name, async () => {
        using staging = tempDir();
        const unpacker = unpackBlob({ directory: staging.path });
        const last = { ...hardlink("last", "f"), ...other };
        unpacker.write(archive(...parts, last, file("after", "a")));
        const { hasSpool } = unpacker.finish();
        if (hasSpool) await applySpool(staging.path, runTar);
        const { ino, uid, gid, mode, mtime, nlink } = await Deno.stat(
          staging.join("diff", "f"),
        );
        const found = [uid, gid, mode, mtime?.getTime()];
        assertEquals(found, [5, 6, 0o100600, 99_000]);
        const linked = await Deno.stat(staging.join("diff", "last"));
        assertEquals([linked.ino, nlink], [ino, name.includes("l,") ? 3 : 2]);
      });
    }
  },
});
