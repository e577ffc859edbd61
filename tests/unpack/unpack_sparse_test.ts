import { assertEquals, assertThrows } from "@std/assert";
import { InvalidLayerError } from "../../src/errors/image_errors.ts";
import { concatBytes, toBytes, toText } from "../../src/formats/bytes.ts";
import type { SparseLayout } from "../../src/formats/tar/tar_sparse.ts";
import {
  createSparseBlockWriter,
  createSparseBudget,
  createSparseWriter,
} from "../../src/unpack/unpack_sparse.ts";

const BLOCKS = 70_000; // more than 256 MiB of them

Deno.test("createSparseBudget() counts blocks of the disk", async (t) => {
  const every = (distance: number, length: number): SparseLayout => ({
    realSize: distance * BLOCKS,
    regions: Array.from(
      { length: BLOCKS },
      (_, n) => ({ offset: n * distance, length }),
    ),
  });
  const cases: readonly (readonly [string, SparseLayout, boolean])[] = [
    ["a byte in each", every(4096, 1), false],
    ["two bytes, each in half of them", every(8192, 2), false],
    ["less than a 16th of each", every(4096, 255), false],
    ["a 16th of each", every(4096, 256), true],
    ["bytes that share blocks", every(16, 1), true],
    ["a 16th of two, at their border", {
      realSize: 2 ** 40,
      regions: Array.from(
        { length: BLOCKS },
        (_, n) => ({ offset: 8192 * n + 4000, length: 511 }),
      ),
    }, false],
  ];
  for (const [name, layout, isTaken] of cases) {
    await t.step(name, () => {
      const add = () => createSparseBudget().add("f", layout);
      if (isTaken) return add();
      assertThrows(add, InvalidLayerError, '"f": the layer\'s sparse files');
    });
  }
  await t.step("of all files together", () => {
    const budget = createSparseBudget();
    const half = every(4096, 1);
    const regions = half.regions.slice(0, BLOCKS / 2);
    budget.add("f", { ...half, regions });
    assertThrows(
      () => budget.add("g", { ...half, regions }),
      InvalidLayerError,
      `"g": the layer's sparse files hold ${BLOCKS} bytes, but would take ` +
        `${BLOCKS * 4096}`,
    );
  });
  await t.step("and no file longer than a disk", () => {
    const budget = createSparseBudget();
    budget.add("f", { realSize: 16 * 2 ** 40, regions: [] });
    assertThrows(
      () => budget.add("g", { realSize: 16 * 2 ** 40 + 1, regions: [] }),
      InvalidLayerError,
      '"g": its 17592186044417 bytes are more than a disk takes',
    );
  });
});

const LAYOUT: SparseLayout = {
  realSize: 5000,
  regions: [
    { offset: 10, length: 3 },
    { offset: 500, length: 20 },
    { offset: 2048, length: 1 },
    { offset: 4999, length: 1 },
  ],
};
const DATA = "abc" + "d".repeat(20) + "e" + "f";

Deno.test("createSparseWriter() puts data in their places, in parts of any size", () => {
  for (const step of [1, 2, 7, 100]) {
    const found = new Uint8Array(5000);
    const write = createSparseWriter(
      LAYOUT,
      (bytes, position) => found.set(bytes, position),
    );
    for (let at = 0; at < DATA.length; at += step) {
      write(toBytes(DATA.slice(at, at + step)));
    }
    assertEquals(toText(found.slice(10, 13)), "abc");
    assertEquals(toText(found.slice(500, 520)), "d".repeat(20));
    assertEquals([found[2048], found[4999]], [101, 102]);
    assertEquals(found.filter((byte) => byte !== 0).length, DATA.length);
    assertThrows(() => write(toBytes("g")), RangeError, "more data");
  }
});

Deno.test("createSparseBlockWriter() fills blocks up", () => {
  for (const step of [1, 7, 100]) {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    const writer = createSparseBlockWriter(
      LAYOUT,
      (bytes) => void parts.push(Uint8Array.from(bytes)),
    );
    for (let at = 0; at < DATA.length; at += step) {
      writer.write(toBytes(DATA.slice(at, at + step)));
    }
    writer.end();
    assertEquals(writer.layout, {
      realSize: 5000,
      regions: [
        { offset: 0, length: 1024 },
        { offset: 2048, length: 512 },
        { offset: 4608, length: 392 },
      ],
    });
    const all = concatBytes(parts);
    assertEquals([writer.size, all.length], [1928, 1928]);
    const places = [[10, "abc"], [500, "d".repeat(20)], [1024, "e"], [
      1927,
      "f",
    ]] as const;
    for (const [at, text] of places) {
      assertEquals(toText(all.slice(at, at + text.length)), text);
    }
    assertEquals(all.filter((byte) => byte !== 0).length, DATA.length);
  }
});
