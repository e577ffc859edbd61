/** Layers with sparse files whose maps lie. */

import { type Bytes, concatBytes } from "../../../src/formats/bytes.ts";
import {
  archive,
  base256,
  dir,
  file,
  fragment,
  gnuSparse,
  hardlink,
  latin1,
  pax,
  rawPax,
  sparse10,
  symlink,
} from "../../support/images/tar_builder.ts";
import type { HostileLayer } from "./hostile_layer.ts";

const V01 = { "GNU.sparse.major": "0", "GNU.sparse.minor": "1" };
const V10 = { "GNU.sparse.major": "1", "GNU.sparse.minor": "0" };
const ALONE = "it cannot export them";

/** Sparse files, in all formats. */
export const HOSTILE_SPARSE: readonly HostileLayer[] = [
  {
    name: "a sparse file of GNU's old format",
    layer: archive(gnuSparse("f", 9000, [[4096, "middle"], [8997, "end"]])),
    tree: ["f f"],
    unlikeSkopeo: "it knows no such files",
  },
  {
    name: "a sparse file of GNU's old format with 30 regions",
    layer: archive(
      gnuSparse("f", 9000, Array.from({ length: 30 }, (_, n) => [9 * n, "x"])),
      file("g"),
    ),
    tree: ["f f", "g f"],
    unlikeSkopeo: "it knows no such files",
  },
  {
    name: "a sparse file of PAX 0.0",
    layer: archive(
      rawPax(
        "22 GNU.sparse.size=10\n26 GNU.sparse.numblocks=2\n" +
          "23 GNU.sparse.offset=2\n25 GNU.sparse.numbytes=1\n" +
          "23 GNU.sparse.offset=9\n25 GNU.sparse.numbytes=1\n",
      ),
      file("f", "xy"),
    ),
    tree: ["f f"],
    unlikeSkopeo: ALONE,
  },
  {
    name: "a sparse file of PAX 0.1, under its real name",
    layer: archive(
      pax({
        ...V01,
        "GNU.sparse.name": "real",
        "GNU.sparse.size": "10",
        "GNU.sparse.map": "2,1,9,1",
      }),
      file("GNUSparseFile.7/real", "xy"),
    ),
    tree: ["real f"],
    unlikeSkopeo: ALONE,
  },
  {
    name: "a sparse file of PAX 1.0",
    layer: archive(...sparse10("f", 9000, [[4096, "middle"], [8997, "end"]])),
    tree: ["f f"],
    unlikeSkopeo: ALONE,
  },
  {
    name: "a sparse file with attributes, which tar must make",
    layer: archive(
      ...sparse10("f", 9000, [[4096, "middle"], [8997, "end"]], {
        "SCHILY.xattr.user.a": "b",
        mtime: "1600000000.123456789",
      }),
    ),
    tree: ["f f user.a=b"],
    unlikeSkopeo: ALONE,
  },
  {
    name: "a sparse file without data, which tar must make",
    layer: archive(
      ...sparse10("f", 9000, [], { "SCHILY.xattr.user.a": "b" }),
      ...sparse10("\xff", 9000, []),
    ),
    tree: ["f f user.a=b", "\xff f"],
    unlikeSkopeo: ALONE,
  },
  {
    name: "a sparse file of four terabytes without data",
    layer: archive(...sparse10("f", 4 * 2 ** 40, [])),
    tree: ["f f"],
    unlikeSkopeo: "it writes zeros",
  },
  {
    name: "a name that climbs out of a sparse file",
    layer: archive(
      pax({ ...V01, "GNU.sparse.name": "../evil", "GNU.sparse.map": "0,1" }),
      file("f", "x"),
    ),
    refused: "it leaves the root",
  },
  {
    name: "a sparse file that is larger than any disk",
    layer: archive(...sparse10("f", 2 ** 53 - 1, [])),
    refused: "its 9007199254740991 bytes are more than a disk takes",
    unlikeSkopeo: "it writes zeros",
  },
  {
    name: "a sparse file of 2^63 bytes",
    layer: archive(
      pax({ ...V10, "GNU.sparse.realsize": "9223372036854775807" }),
      file("f", "0\n".padEnd(512, "\0")),
    ),
    refused: "PAX GNU.sparse.realsize is no number",
  },
  {
    name: "an old sparse file of 2^63 bytes",
    layer: archive(
      gnuSparse(
        "f",
        9000,
        [],
        (block) => block.set(latin1(base256(2n ** 63n - 1n, 12)), 483),
      ),
    ),
    refused: "its size is no number",
  },
  {
    name: "a sparse file below zero",
    layer: archive(...sparse10("f", -1, [])),
    refused: "its size is -1",
  },
  ...([
    ["overlap", [[0, "abc"], [2, "d"]], "1 bytes at 2, which is out of order"],
    ["are not in order", [[9, "a"], [2, "d"]], "which is out of order"],
    ["end after the file", [[99, "ab"]], "which is beyond its 100 bytes"],
    ["begin after the file", [[2 ** 52, "a"]], "which is beyond its 100 bytes"],
    ["begin before the file", [[-1, "a"]], "holds other than numbers"],
  ] as const).flatMap(([name, regions, refused]) => [
    {
      name: `a sparse file whose regions ${name}`,
      layer: archive(...sparse10("f", 100, regions)),
      refused,
    },
    ...(regions[0][0] < 0 ? [] : [{
      name: `an old sparse file whose regions ${name}`,
      layer: archive(gnuSparse("f", 100, regions)),
      refused,
    }]),
  ]),
  ...([
    ["less data than its regions", "2\n0\n4\n9\n4\n", "abc"],
    ["more data than its regions", "1\n0\n2\n", "abc"],
    ["no data", "1\n0\n2\n", ""],
  ] as const).map(([name, map, content]) => ({
    name: `a sparse file with ${name}`,
    layer: archive(
      pax({ ...V10, "GNU.sparse.realsize": "100" }),
      file("f", map.padEnd(512, "\0") + content),
    ),
    refused: "bytes of data, not of",
  })),
  ...([
    ["that is no text", "\x01\x02"],
    ["of letters", "one\n"],
    ["that ends in its block", "1\n5"],
    ["with a number of 17 digits", `${"1".repeat(17)}\n`],
    ["without a number", "\n"],
  ] as const).map(([name, map]) => ({
    name: `a sparse map ${name}`,
    layer: archive(
      pax({ ...V10, "GNU.sparse.realsize": "100" }),
      file("f", map.padEnd(512, "\0")),
    ),
    refused: "header at byte",
  })),
  {
    name: "a sparse map that begins after its file's end",
    layer: archive(pax({ ...V10, "GNU.sparse.realsize": "1" }), file("f", "")),
    refused: "holds other than numbers",
  },
  {
    name: "a sparse map of a million regions",
    layer: archive(
      pax({ ...V10, "GNU.sparse.realsize": "100" }),
      file("f", "1000000\n" + "0\n0\n".repeat(1_000_000)),
    ),
    refused: "its sparse map is larger than 1048576 bytes",
  },
  {
    name: "an old sparse map of a million regions",
    layer: concatBytes([
      fragment(gnuSparse("f", 100, [], (block) => block[482] = 1)),
      ...Array.from({ length: 3000 }, () => {
        const block = new Uint8Array(512);
        block[504] = 1;
        return block;
      }),
    ]),
    refused: "its sparse map is larger than 1048576 bytes",
  },
  {
    name: "a sparse map that is cut short",
    layer: fragment(gnuSparse("f", 100, [], (block) => block[482] = 1)),
    refused: "cut short",
  },
  {
    name: "a sparse map of an odd number of numbers",
    layer: archive(
      pax({ ...V01, "GNU.sparse.size": "9", "GNU.sparse.map": "0,1,2" }),
      file("f", "x"),
    ),
    refused: "its sparse map ends in the middle of a region",
  },
  {
    name: "sparse records that are not by turns",
    layer: archive(
      rawPax("23 GNU.sparse.offset=2\n23 GNU.sparse.offset=4\n"),
      file("f", "x"),
    ),
    refused: "records of a sparse file are malformed",
  },
  {
    name: "a sparse format of the future",
    layer: archive(
      pax({ "GNU.sparse.major": "2", "GNU.sparse.minor": "0" }),
      file("f", "x"),
    ),
    refused: 'its sparse format "2.0" is unknown',
    unlikeSkopeo: "it takes the file as it is",
  },
  {
    name: "the name of a sparse file that is none",
    layer: archive(
      pax({ "GNU.sparse.name": "other", "GNU.sparse.size": "9" }),
      file("f", "x"),
    ),
    tree: ["f f"],
  },
  {
    name: "a sparse file of another program's format",
    layer: archive(file("f", "", { type: "S" })),
    refused: "not of GNU's format",
  },
  {
    name: "sparse files that are linked, replaced, and behind a symlink",
    layer: archive(
      gnuSparse("f", 9000, [[4096, "one"]]),
      hardlink("g", "f"),
      gnuSparse("f", 9000, [[4096, "two"]]),
      dir("d/"),
      symlink("l", "d"),
      ...sparse10("l/s", 9000, [[4096, "three"]]),
      file("plain", "x".repeat(70_000)),
      ...sparse10("plain", 9000, []),
    ),
    tree: ["d d", "d/s f", "f f", "g f", "l l d", "plain f"],
    unlikeSkopeo: ALONE,
  },
  {
    name: "a global header with a sparse map",
    layer: archive(pax({ ...V01, "GNU.sparse.map": "9,9" }, "g"), file("f")),
    tree: ["f f"],
  },
  {
    name: "a sparse directory",
    layer: archive(pax({ ...V01, "GNU.sparse.map": "0,0" }), {
      name: "d/",
      type: "5",
    }),
    refused: "it is a directory with a sparse map",
  },
  {
    name: "sparse files that fill the disk with a few bytes",
    layer: archive(...spread(500, 32_500)),
    refused: "sparse files hold",
    unlikeSkopeo: "it writes zeros, too",
  },
];

/**
 * Two bytes at each border of blocks; one file alone stays below the limit. Most is
 * in the last: what is written before takes long to be removed again.
 */
function spread(...counts: readonly number[]): Bytes[] {
  return counts.map((count, index) =>
    gnuSparse(
      `f${index}`,
      12288 * count,
      Array.from(
        { length: count },
        (_, n) => [12288 * n + 4095, "xx"] as const,
      ),
    )
  );
}
