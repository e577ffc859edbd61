import { assertEquals, assertThrows } from "@std/assert";
import { type Bytes, concatBytes } from "../../../src/formats/bytes.ts";
import type { TarEntry } from "../../../src/formats/tar/tar_entry.ts";
import { TarScanner } from "../../../src/formats/tar/tar_scanner.ts";
import {
  encodeSparseMap,
  encodeSparseRecords,
  type SparseLayout,
  sparseNameOf,
} from "../../../src/formats/tar/tar_sparse.ts";
import { InvalidLayerError } from "../../../src/errors/image_errors.ts";
import { archive, file, latin1 } from "../../support/images/tar_builder.ts";
import {
  gnuSparse,
  pax,
  rawPax,
  sparse10,
} from "../../support/images/tar_builder.ts";

const AB = [{ offset: 2, length: 1 }, { offset: 9, length: 1 }] as const;

Deno.test("sparse maps are read in all four ways", async (t) => {
  const many = Array.from({ length: 30 }, (_, n) => [3 * n, "x"] as const);
  const expected = many.map(([offset]) => ({ offset, length: 1 }));
  const record = (more: Record<string, string>) =>
    archive(pax({ "GNU.sparse.size": "10", ...more }), file("f", "ab"));
  const cases: readonly (readonly [string, Bytes, SparseLayout])[] = [
    [
      "in the header",
      archive(gnuSparse("f", 10, [[2, "a"], [9, "b"]])),
      { realSize: 10, regions: AB },
    ],
    [
      "in a full header: 4",
      archive(gnuSparse("f", 12, many.slice(0, 4))),
      { realSize: 12, regions: expected.slice(0, 4) },
    ],
    [
      "in a full block more: 25",
      archive(gnuSparse("f", 75, many.slice(0, 25))),
      { realSize: 75, regions: expected.slice(0, 25) },
    ],
    [
      "in two blocks more: 30",
      archive(gnuSparse("f", 100, many)),
      { realSize: 100, regions: expected },
    ],
    [
      "in records, 0.1",
      record({ "GNU.sparse.map": "2,1,9,1" }),
      { realSize: 10, regions: AB },
    ],
    [
      "in records that say their version",
      record({
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.map": "2,1,9,1",
      }),
      { realSize: 10, regions: AB },
    ],
    [
      "in records of one key each, 0.0",
      archive(
        rawPax(
          "22 GNU.sparse.size=10\n23 GNU.sparse.offset=2\n" +
            "25 GNU.sparse.numbytes=1\n23 GNU.sparse.offset=9\n" +
            "25 GNU.sparse.numbytes=1\n",
        ),
        file("f", "ab"),
      ),
      { realSize: 10, regions: AB },
    ],
    [
      "before the data, 1.0",
      archive(...sparse10("f", 10, [[2, "a"], [9, "b"]])),
      { realSize: 10, regions: AB },
    ],
    [
      "before the data, in more than a block",
      archive(...sparse10("f", 9999, [
        ...many,
        ...Array.from({ length: 99 }, (_, n) => [100 + 9 * n, "y"] as const),
      ])),
      {
        realSize: 9999,
        regions: [
          ...expected,
          ...Array.from(
            { length: 99 },
            (_, n) => ({ offset: 100 + 9 * n, length: 1 }),
          ),
        ],
      },
    ],
    [
      "with regions that touch the end, and empty ones",
      record({ "GNU.sparse.map": "0,0,2,1,3,0,9,1,10,0" }),
      { realSize: 10, regions: AB },
    ],
    [
      "with regions that touch each other",
      record({ "GNU.sparse.map": "0,1,1,1" }),
      {
        realSize: 10,
        regions: [{ offset: 0, length: 1 }, { offset: 1, length: 1 }],
      },
    ],
  ];
  for (const [name, bytes, layout] of cases) {
    for (const step of [7, bytes.length]) {
      await t.step(`${name}, ${step} bytes at a time`, () => {
        const [found, ...others] = scan(bytes, step);
        assertEquals(found?.entry.sparse, layout);
        assertEquals(found?.entry.size, layout.regions.length);
        assertEquals(found?.content.length, layout.regions.length);
        assertEquals(others, []);
      });
    }
  }
});

Deno.test("sparse maps that do not fit are refused", async (t) => {
  const record = (map: string, size = "10") =>
    archive(
      pax({ "GNU.sparse.size": size, "GNU.sparse.map": map }),
      file("f", "ab"),
    );
  const version = (major: string, minor: string) =>
    archive(
      pax({ "GNU.sparse.major": major, "GNU.sparse.minor": minor }),
      file("f", "ab"),
    );
  const data = (text: string) =>
    archive(
      pax({
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.realsize": "10",
      }),
      file("f", text.padEnd(512, "\0")),
    );
  const overlap = "2 bytes at 1, which is out of order";
  const cases: readonly (readonly [string, Bytes, string])[] = [
    ["an overlap", record("0,2,1,2"), overlap],
    ["one byte beyond the end", record("9,2"), "beyond its 10 bytes"],
    ["an overlap and beyond the end", record("0,9,8,9"), "out of order"],
    [
      "a byte of data too few",
      record("2,1"),
      "describes 1 bytes of data, not of 2",
    ],
    [
      "a byte of data too many",
      record("2,3"),
      "describes 3 bytes of data, not of 2",
    ],
    ["an odd number", record("2,1,9"), "ends in the middle of a region"],
    ["no number", record("2,x"), "GNU.sparse.map"],
    ["version 1.1", version("1", "1"), 'sparse format "1.1" is unknown'],
    ["version 0.2", version("0", "2"), 'sparse format "0.2" is unknown'],
    ["version 2.0", version("2", "0"), 'sparse format "2.0" is unknown'],
    ["a major version alone", version("1", ""), 'format "1." is unknown'],
    ["a minor version alone", version("", "0"), 'format ".0" is unknown'],
    ["a letter in the data's map", data("1\n2\na\n"), "other than numbers"],
    ["a colon in the data's map", data("1\n2\n:\n"), "other than numbers"],
    ["a slash in the data's map", data("1\n2\n/\n"), "other than numbers"],
    ["an empty number", data("1\n\n2\n"), "sparse map"],
    [
      "type S in a POSIX header",
      archive({ name: "f", type: "S", content: "" }),
      "not of GNU's format",
    ],
    [
      "a negative size",
      archive(gnuSparse("f", 10, [], (block) => {
        block.set(latin1("\xff".repeat(12)), 483);
      })),
      "its size is -1",
    ],
    [
      "a map in a directory",
      archive(
        pax({ "GNU.sparse.size": "0", "GNU.sparse.map": "0,0" }),
        { name: "d/", type: "5" },
      ),
      "it is a directory with a sparse map",
    ],
  ];
  for (const [name, bytes, message] of cases) {
    await t.step(name, () => {
      assertThrows(
        () => scan(bytes, bytes.length),
        InvalidLayerError,
        message,
      );
    });
  }
});

Deno.test("a sparse map may have 1 MiB, and no block more", async (t) => {
  const LIMIT = 2048;
  await t.step("before the data", () => {
    assertEquals(scan(ofData(LIMIT), 1 << 20)[0]?.entry.sparse?.regions, []);
    assertThrows(
      () => scan(ofData(LIMIT + 1), 1 << 20),
      InvalidLayerError,
      "sparse map is larger than 1048576 bytes",
    );
  });
  await t.step("in header blocks", () => {
    assertEquals(scan(ofBlocks(LIMIT), 1 << 20).length, 1);
    assertThrows(
      () => scan(ofBlocks(LIMIT + 1), 1 << 20),
      InvalidLayerError,
      "sparse map is larger than 1048576 bytes",
    );
  });

  function ofData(blocks: number): Bytes {
    // Regions of 0 at 0: four bytes each; leading zeros fill up the first.
    const regions = (512 * blocks - 8) / 4 | 0;
    const head = String(regions).padStart(512 * blocks - 4 * regions - 1, "0");
    return archive(
      pax({
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.realsize": "10",
      }),
      file("f", `${head}\n${"0\n0\n".repeat(regions)}`),
    );
  }

  function ofBlocks(blocks: number): Bytes {
    const header = gnuSparse("f", 10, [], (block) => block[482] = 1);
    const more = new Uint8Array(512);
    more[504] = 1;
    const extensions = Array.from({ length: blocks - 2 }, () => more);
    return archive(
      concatBytes([header, ...extensions, new Uint8Array(512)]),
    );
  }
});

Deno.test("encodeSparseMap() writes what is read again", () => {
  for (const count of [0, 1, 2, 50, 200]) {
    const regions = Array.from(
      { length: count },
      (_, n) => ({ offset: 1000 * n + 7, length: 1 }),
    );
    const map = encodeSparseMap({ realSize: 500_000, regions });
    assertEquals(map.length % 512, 0);
    const text = new TextDecoder().decode(map);
    const records = Object.fromEntries(encodeSparseRecords(500_000));
    const bytes = archive(pax(records), file("f", text + "x".repeat(count)));
    const [found] = scan(bytes, bytes.length);
    assertEquals(found?.entry.sparse, { realSize: 500_000, regions });
    assertEquals(found?.content, "x".repeat(count));
    assertEquals(
      map.length,
      Math.ceil(text.replace(/\0+$/, "").length / 512) * 512,
    );
  }
});

function scan(
  bytes: Bytes,
  step: number,
): readonly { readonly entry: TarEntry; readonly content: string }[] {
  const found: { entry: TarEntry; content: string }[] = [];
  const scanner = new TarScanner({
    onRaw() {},
    onEntry: (entry) => void found.push({ entry, content: "" }),
    onContent(part) {
      const last = found.at(-1);
      if (last) last.content += new TextDecoder().decode(part);
    },
    onEntryEnd() {},
  });
  for (let at = 0; at < bytes.length; at += step) {
    scanner.write(bytes.subarray(at, at + step));
  }
  scanner.end();
  return found;
}

Deno.test("sparseNameOf() takes the name of a sparse file alone", async (t) => {
  const name = ["GNU.sparse.name", "real"] as const;
  const version = [
    ["GNU.sparse.major", "1"],
    ["GNU.sparse.minor", "0"],
  ] as const;
  const cases: readonly (readonly [
    string,
    readonly (readonly [string, string])[],
    string | undefined,
  ])[] = [
    ["with its version", [name, ...version], "real"],
    ["of the first version", [name, ["GNU.sparse.map", "0,1"]], "real"],
    ["without any", [name], undefined],
    ["no name", version, undefined],
    ["an empty one", [["GNU.sparse.name", ""], ...version], undefined],
  ];
  for (const [title, records, expected] of cases) {
    await t.step(title, () => {
      assertEquals(sparseNameOf(new Map(records)), expected);
    });
  }
});
