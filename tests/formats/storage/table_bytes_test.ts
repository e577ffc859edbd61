import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { toBytes, toText } from "../../../src/formats/bytes.ts";
import {
  formatRecord,
  type LayerRecord,
  parseLayerRecords,
} from "../../../src/formats/storage/store_record.ts";
import { TableBytes } from "../../../src/formats/storage/table_bytes.ts";
import { seededRandom } from "../../support/seeded.ts";

// What no string of a record ends, and what would be written otherwise.
const ODD = '{"id":"a","metadata":"},{\\"id\\":\\"b\\" \\u003c","big":1.50,' +
  '"created":"x","uidmap":[{"id":"b"},{"id":"c","size":1}],"names":null}';
const WIDE = '{"id":"w","names":["é€😀"],"created":"x"}';
const PLAIN = (id: string) => `{"id":"${id}","created":"x"}`;

function parse(text: string): TableBytes<LayerRecord> {
  return TableBytes.parse(toBytes(text), parseLayerRecords);
}

function textOf(table: TableBytes<LayerRecord>): string {
  return toText(table.write(table.records));
}

function formatAll(records: readonly LayerRecord[]): string {
  return tableOf(records.map(formatRecord));
}

function tableOf(records: readonly string[]): string {
  return `[${records.join(",")}]`;
}

const CASES: Readonly<Record<string, readonly string[]>> = {
  "none": [],
  "one": [ODD],
  "first": [ODD, PLAIN("d")],
  "last": [PLAIN("d"), ODD],
  "in between": [PLAIN("d"), ODD, PLAIN("e")],
  "characters of several bytes": [WIDE, ODD, PLAIN("d")],
};

Deno.test("TableBytes leaves records as they were written", async (t) => {
  for (const [name, texts] of Object.entries(CASES)) {
    await t.step(name, () => {
      assertEquals(textOf(parse(tableOf(texts))), tableOf(texts));
      for (const at of texts.keys()) {
        const table = parse(tableOf(texts));
        const changed = table.records.map((record, index) =>
          index === at ? { ...record, names: ["new"] } : record
        );
        const written = toText(table.write(changed));
        assertEquals(
          written,
          tableOf(texts.map((text, index) => {
            const record = changed[index];
            return index === at && record ? formatRecord(record) : text;
          })),
        );
      }
    });
  }
});

Deno.test("TableBytes writes again what is written otherwise", async (t) => {
  const cases: Readonly<Record<string, string>> = {
    "white space": '[ {"id":"a","created":"x"}, {"id":"b","created":"x"} ]',
    "its ID behind": '[{"created":"x","id":"a"},{"created":"x","id":"b"}]',
    "the second only": '[{"id":"a","created":"x"},{"created":"x","id":"b"}]',
    "an ID escaped":
      '[{"id":"a","created":"x"},{"id":"\\u0062","created":"x"}]',
    "a line feed": '[{"id":"a","created":"x"},{"id":"b","created":"x"}]\n',
    "none, in white space": " [ ]\n",
  };
  for (const [name, text] of Object.entries(cases)) {
    await t.step(name, () => {
      const table = parse(text);
      assertEquals(textOf(table), formatAll(parseLayerRecords(text)));
      const next = table.parseNext(toBytes(text), parseLayerRecords);
      assertEquals(next.records, parseLayerRecords(text));
    });
  }
});

Deno.test("TableBytes keeps no bytes that are not UTF-8 among new ones", () => {
  const bytes = toBytes(tableOf(['{"id":"a","created":"?"}', PLAIN("b")]));
  bytes[bytes.indexOf("?".charCodeAt(0))] = 0xff;
  const table = TableBytes.parse(bytes, parseLayerRecords);
  assertEquals(
    textOf(table),
    tableOf(['{"id":"a","created":"\ufffd"}', PLAIN("b")]),
  );
});

const NEXT: Readonly<Record<string, readonly [string, string]>> = {
  "one more at the end": ["abc", "abcd"],
  "one more at the beginning": ["abc", "dabc"],
  "one more in between": ["abc", "abdc"],
  "the last one gone": ["abc", "ab"],
  "the first one gone": ["abc", "bc"],
  "one in between gone": ["abc", "ac"],
  "all gone": ["abc", ""],
  "the first ones": ["", "ab"],
  "others": ["abc", "def"],
  "another order": ["abc", "cba"],
  "a long one": ["abc", "aWbc"],
};

Deno.test("TableBytes.parseNext() reads what others have written", async (t) => {
  const textFor = (ids: string) =>
    tableOf([...ids].map((id) => id === "W" ? WIDE : PLAIN(id)));
  for (const [name, [before, after]] of Object.entries(NEXT)) {
    await t.step(name, () => {
      const table = parse(textFor(before));
      const next = table.parseNext(toBytes(textFor(after)), parseLayerRecords);
      assertEquals(next.records, parseLayerRecords(textFor(after)));
      assertEquals(textOf(next), textFor(after));
      assertEquals(textOf(table), textFor(before));
    });
  }
  await t.step("nothing new", () => {
    const table = parse(textFor("abc"));
    const next = table.parseNext(toBytes(textFor("abc")), parseLayerRecords);
    assertStrictEquals(next, table);
  });
  await t.step("records that are as before are the same ones", () => {
    const table = parse(textFor("abc"));
    const next = table.parseNext(toBytes(textFor("abdc")), parseLayerRecords);
    assertStrictEquals(next.records[0], table.records[0]);
    assertStrictEquals(next.records[3], table.records[2]);
  });
});

Deno.test("TableBytes.parseNext() refuses what a whole look refuses", async (t) => {
  const cases: Readonly<Record<string, string>> = {
    "an ID that is there twice": tableOf(["a", "b", "c", "b"].map(PLAIN)),
    "an ID that follows as well": tableOf(["c", "a", "b", "c"].map(PLAIN)),
    "a comma at the end": `[${["a", "b", "c"].map(PLAIN).join(",")},]`,
    "no bracket at the end": tableOf(["a", "b", "c"].map(PLAIN)).slice(0, -1),
    "no bracket at the beginning": tableOf(["a", "b", "c"].map(PLAIN)).slice(1),
    "more behind it": `${tableOf(["a", "b", "c"].map(PLAIN))}x`,
    "two commas": `[${PLAIN("a")},,${PLAIN("b")},${PLAIN("c")}]`,
    "a list that ends twice": `[${PLAIN("a")}],[${PLAIN("b")},${PLAIN("c")}]`,
    "nothing": "x",
    // What follows a record as it was is looked at, too.
    "no comma between": `[${PLAIN("a")} ${PLAIN("b")},${PLAIN("c")}]`,
    "no end of a record": `[${PLAIN("a").slice(0, -1)}?,${
      ["b", "c"].map(PLAIN).join(",")
    }]`,
    "neither": `[${PLAIN("a").slice(0, -1)}??${
      ["b", "c"].map(PLAIN).join(",")
    }]`,
    "no comma before the last": `[${PLAIN("a")},${PLAIN("b")} ${PLAIN("c")}]`,
    "no beginning of the last": `[${PLAIN("a")},${PLAIN("b")},?${
      PLAIN("c").slice(1)
    }]`,
    "neither of these": `[${PLAIN("a")},${PLAIN("b")}??${PLAIN("c").slice(1)}]`,
  };
  for (const [name, text] of Object.entries(cases)) {
    await t.step(name, () => {
      const table = parse(tableOf(["a", "b", "c"].map(PLAIN)));
      assertThrows(
        () => table.parseNext(toBytes(text), parseLayerRecords),
        SyntaxError,
      );
    });
  }
});

Deno.test("TableBytes holds what its records say, whatever changes", () => {
  const random = seededRandom("changes of a table");
  const pick = (count: number) => Math.floor(random() * count);
  let table = TableBytes.empty<LayerRecord>();
  let records: readonly LayerRecord[] = [];
  let count = 0;
  for (let round = 0; round < 2000; round++) {
    const next = [...records];
    for (let change = pick(4); change >= 0; change--) {
      const at = pick(next.length + 1);
      const [record] = parseLayerRecords(tableOf([
        `{"id":"${count++}","names":["${"é".repeat(pick(9))}"],"created":"x"}`,
      ]));
      if (record === undefined) continue;
      const kind = pick(4);
      if (kind < 2) next.splice(at, 0, record);
      else next.splice(at, 1, ...kind === 2 ? next.splice(0, 1) : []);
    }
    const expected = formatAll(next);
    if (random() < 0.5) {
      assertEquals(toText(table.write(next)), expected);
      records = next;
    } else {
      table = table.parseNext(toBytes(expected), parseLayerRecords);
      assertEquals(table.records, next);
      ({ records } = table);
    }
  }
});
