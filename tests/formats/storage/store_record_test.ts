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

Deno.test("errors of records report which one it is", () => {
  const text = '[{"id":"a"},{"id":"b","names":1}]';
  assertThrows(
    () => parseLayerRecords(text),
    SyntaxError,
    'member "names" of record 1 has no strings',
  );
});

// What each member may be, and something else.
const TYPES = {
  string: ["text", 1],
  number: [1, "1"],
  strings: [["a", "b"], ["a", 1]],
  numbers: [[1, 2], [1, "2"]],
  object: [{ a: 1 }, [1]],
  id: ["b", "../b"],
  ids: [["b", "c"], ["b", "../c"]],
} as const;
const ANY = { names: "strings", flags: "object" } as const;
const BIG = {
  "big-data-names": "strings",
  "big-data-sizes": "object",
  "big-data-digests": "object",
} as const;
const MEMBERS: Readonly<
  Record<
    string,
    readonly [
      (text: string) => readonly { readonly id: string }[],
      Readonly<Record<string, keyof typeof TYPES>>,
      Readonly<Record<string, unknown>>,
    ]
  >
> = {
  layers: [parseLayerRecords, {
    ...ANY,
    ...{ parent: "id", mountlabel: "string", created: "string" },
    ...{ "compressed-diff-digest": "string", "compressed-size": "number" },
    ...{ "diff-digest": "string", "diff-size": "number" },
    ...{ compression: "number", uidset: "numbers", gidset: "numbers" },
    ...{ "toc-digest": "string", "big-data-names": "strings" },
  }, { created: "0001-01-01T00:00:00Z" }],
  images: [parseImageRecords, {
    ...{ ...ANY, ...BIG, digest: "string", "names-history": "strings" },
    ...{ layer: "id", "mapped-layers": "ids", metadata: "string" },
    created: "string",
  }, { created: "0001-01-01T00:00:00Z" }],
  containers: [parseContainerRecords, {
    ...{ ...ANY, ...BIG, image: "id", layer: "id", metadata: "string" },
    created: "string",
  }, { image: "", layer: "", created: "0001-01-01T00:00:00Z" }],
  mounts: [parseMountRecords, { path: "string", count: "number" }, {
    ...{ path: "", count: 0 },
  }],
};

Deno.test("each member of a record has its type", async (t) => {
  for (const [kind, [parse, members, defaults]] of Object.entries(MEMBERS)) {
    for (const [member, type] of Object.entries(members)) {
      await t.step(`${member} of ${kind}`, () => {
        const [right, wrong] = TYPES[type];
        const text = (value: unknown) =>
          JSON.stringify([{ id: "a", [member]: value }, { id: "b" }]);
        assertEquals<unknown>(parse(text(right)), [
          { ...defaults, id: "a", [member]: right },
          { ...defaults, id: "b" },
        ]);
        assertEquals<unknown>(parse(text(null)), [
          { ...defaults, id: "a" },
          { ...defaults, id: "b" },
        ]);
        const { message } = assertThrows(() => parse(text(wrong)), SyntaxError);
        assertEquals(message, `member "${member}" of record 0 has no ${type}`);
      });
    }
    await t.step(`others of ${kind}`, () => {
      const all = { id: "a", ...defaults, other: [1, { x: null }] };
      assertEquals<unknown>(parse(JSON.stringify([all])), [all]);
    });
  }
});

Deno.test("IDs of records may be empty where they refer to nothing", () => {
  const [layer] = parseLayerRecords('[{"id":"a","parent":""}]');
  assertEquals<unknown>(layer?.parent, "");
  const [image] = parseImageRecords('[{"id":"a","mapped-layers":["",""]}]');
  assertEquals<unknown>(image?.["mapped-layers"], ["", ""]);
});

Deno.test("damaged records say which and why", async (t) => {
  const cases: Readonly<Record<string, string>> = {
    '{"id":"a"}': "expected an array",
    "null": "expected an array",
    '[{"id":"a"},1]': "record 1 is no object",
    "[[]]": "record 0 is no object",
    '[{"id":"a"},{}]': "record 1 has no ID",
    '[{"id":""}]': "record 0 has no ID",
    '[{"id":1}]': "record 0 has no ID",
    '[{"id":"a"},{"id":"b"},{"id":"a"}]': 'ID "a" is there twice',
  };
  for (const [text, why] of Object.entries(cases)) {
    await t.step(text, () => {
      for (const [parse] of Object.values(MEMBERS)) {
        const { message } = assertThrows(() => parse(text), SyntaxError);
        assertEquals(message, why);
      }
    });
  }
});
