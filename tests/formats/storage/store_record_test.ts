import { assertEquals, assertThrows } from "@std/assert";
import {
  COMPRESSION_CODES,
  formatRecord,
  parseContainerRecords,
  parseImageRecords,
  parseLayerRecords,
  parseMountRecords,
} from "../../../src/formats/storage/store_record.ts";

Deno.test("parseLayerRecords() keeps what it does not know, and its order", () => {
  const text = '[{"toc-digest":"sha256:0","id":"a","created":' +
    '"2026-11-24T06:35:19.586896696+01:00","flags":{"x":{"y":[1]}},"n":1.5}]';
  const records = parseLayerRecords(text);
  assertEquals(records[0]?.["toc-digest"], "sha256:0");
  assertEquals(
    records.map((record) => JSON.parse(formatRecord(record))),
    JSON.parse(text),
  );
});

Deno.test("records may be null where Go writes null", () => {
  const [layer] = parseLayerRecords(
    '[{"id":"a","names":null,"flags":null,"uidset":null}]',
  );
  assertEquals<unknown>(layer, { id: "a", created: "0001-01-01T00:00:00Z" });
});

Deno.test("an empty file is an empty list, as white space around one is", () => {
  assertEquals(parseImageRecords(""), []);
  assertEquals(parseImageRecords(" [ ]\n"), []);
});

Deno.test("parseContainerRecords() fills in what is always written", () => {
  assertEquals<unknown>(parseContainerRecords('[{"id":"a"}]'), [
    { id: "a", image: "", layer: "", created: "0001-01-01T00:00:00Z" },
  ]);
});

Deno.test("parseMountRecords() reads counts", () => {
  assertEquals<unknown>(
    parseMountRecords('[{"id":"a","path":"/m","count":2}]'),
    [
      { id: "a", path: "/m", count: 2 },
    ],
  );
});

const DAMAGED: Record<string, string> = {
  "a file cut short": '[{"id":"a"',
  "NUL bytes, as a power cut leaves them": "\0\0\0\0",
  "no list": '{"id":"a"}',
  "a record that is no object": "[1]",
  "no ID": '[{"names":["a"]}]',
  "an empty ID": '[{"id":""}]',
  "an ID that is a number": '[{"id":1}]',
  "an ID that is a path": '[{"id":"../../etc"}]',
  "a layer that is a path": '[{"id":"a","layer":"../b","parent":"../b"}]',
  "names that are no list": '[{"id":"a","names":"b"}]',
  "a name that is no text": '[{"id":"a","names":["b",1]}]',
  "flags that are a list": '[{"id":"a","flags":["x"]}]',
  "a time that is no text": '[{"id":"a","created":5}]',
};

Deno.test("damaged records are refused", async (t) => {
  for (const [name, text] of Object.entries(DAMAGED)) {
    await t.step(name, () => {
      for (
        const parse of [
          parseLayerRecords,
          parseImageRecords,
          parseContainerRecords,
        ]
      ) assertThrows(() => parse(text), SyntaxError);
    });
  }
});

Deno.test("formatRecord() is compact and escapes what Go escapes", () => {
  const text = formatRecord({ id: "a", metadata: "<&>\u2028\u2029é\u0001" });
  assertEquals(
    text,
    '{"id":"a","metadata":"\\u003c\\u0026\\u003e\\u2028\\u2029é\\u0001"}',
  );
  assertEquals(JSON.parse(text).metadata, "<&>\u2028\u2029é\u0001");
});

Deno.test("COMPRESSION_CODES are the library's", () => {
  // As containers/storage writes them into layers.json.
  const codes = { none: 0, bzip2: 1, gzip: 2, xz: 3, zstd: 4 };
  assertEquals<Record<string, number>>(COMPRESSION_CODES, codes);
});

Deno.test("errors of records tell which one it is", () => {
  const text = '[{"id":"a"},{"id":"b","names":1}]';
  assertThrows(
    () => parseLayerRecords(text),
    SyntaxError,
    'member "names" of record 1 has no strings',
  );
});
