import { assertEquals, assertThrows } from "@std/assert";
import { gzipSync } from "node:zlib";
import {
  type Bytes,
  concatBytes,
  toBytes,
} from "../../../src/formats/bytes.ts";
import {
  listRawNames,
  readTarSplit,
  type TarSplitPiece,
} from "../../../src/formats/tar/read_tar_split.ts";
import { createTarSplitWriter } from "../../../src/formats/tar/tar_split.ts";

const MIB = 1024 * 1024;

/** A file of lines, in parts of so many bytes. */
function* packed(text: string, step: number = Infinity): Generator<Bytes> {
  const bytes = new Uint8Array(gzipSync(toBytes(text)));
  const width = Math.min(step, bytes.length);
  for (let at = 0; at < bytes.length; at += width) {
    yield bytes.slice(at, at + width);
  }
}

function read(text: string, step?: number): readonly TarSplitPiece[] {
  return [...readTarSplit(packed(text, step), "the list")];
}

Deno.test("readTarSplit() reads what createTarSplitWriter() writes", () => {
  const chunks: Bytes[] = [];
  const writer = createTarSplitWriter((bytes) => void chunks.push(bytes));
  const large = Uint8Array.from({ length: 800_000 }, (_, n) => n % 253);
  writer.addSegment(toBytes("head"));
  writer.addFile("f", 3, "crc=");
  writer.addFile("d/", 0);
  writer.addFile("\xff\xc3", 2, "AAAA");
  writer.addFile("\xc3\xa4", 0);
  writer.addSegment(large);
  writer.end();
  for (const parts of [chunks, split(concatBytes(chunks), 1000)]) {
    const pieces = [...readTarSplit(parts, "the list")];
    assertEquals(pieces.slice(0, 5), [
      { kind: "segment", bytes: toBytes("head") },
      { kind: "file", name: "f", size: 3, crc: "crc=" },
      { kind: "file", name: "d/", size: 0, crc: undefined },
      { kind: "file", name: "\xff\xc3", size: 2, crc: "AAAA" },
      { kind: "file", name: "\xc3\xa4", size: 0, crc: undefined },
    ]);
    const rest = pieces.slice(5).map((piece) =>
      piece.kind === "segment" ? piece.bytes : new Uint8Array(0)
    );
    assertEquals(concatBytes(rest), large);
  }
});

Deno.test("readTarSplit() reads what other tools write", async (t) => {
  const cases: Readonly<Record<string, readonly [string, TarSplitPiece[]]>> = {
    "nothing": ["", []],
    "a line without an end": ['{"type":2,"payload":"YQ=="}', [
      { kind: "segment", bytes: toBytes("a") },
    ]],
    "empty lines": ['\n\n{"type":2}\n\n', [
      { kind: "segment", bytes: new Uint8Array(0) },
    ]],
    "members that it does not know": [
      '{"x":[1],"type":1,"name":"é","n":{}}\n',
      [
        { kind: "file", name: "\xc3\xa9", size: 0, crc: undefined },
      ],
    ],
    "a file of no name": ['{"type":1,"size":7,"payload":"eA=="}\n', [
      { kind: "file", name: "", size: 7, crc: "eA==" },
    ]],
    "a raw name beside the other": [
      '{"type":1,"name":"?","name_raw":"/w==","payload":null}\n',
      [{ kind: "file", name: "\xff", size: 0, crc: undefined }],
    ],
    "a size that is null": ['{"type":1,"name":"a","size":null}\n', [
      { kind: "file", name: "a", size: 0, crc: undefined },
    ]],
  };
  for (const [name, [text, expected]] of Object.entries(cases)) {
    for (const step of [1, Infinity]) {
      await t.step(`${name}, ${step} bytes at a time`, () => {
        assertEquals(read(text, step), expected);
      });
    }
  }
});

Deno.test("readTarSplit() reports which list is wrong, and how", async (t) => {
  const cases: Readonly<Record<string, readonly [string, string]>> = {
    "no JSON": ["{", "Cannot read the list: it is no JSON"],
    "no object": ["[]", "the list"],
    "an unknown type": [
      '{"type":3}',
      "Cannot read the list: an entry of unknown type",
    ],
    "no type": ['{"name":"a"}', "an entry of unknown type"],
    "a type that is text": ['{"type":"1"}', "an entry of unknown type"],
    "bytes that are no Base64": [
      '{"type":2,"payload":"?"}',
      "Cannot read the list: it is no Base64",
    ],
    "a raw name that is no Base64": [
      '{"type":1,"name_raw":"?"}',
      "Cannot read the list: it is no Base64",
    ],
    "a name that is no text": ['{"type":1,"name":1}', "the list, name"],
    "a raw name that is no text": [
      '{"type":1,"name_raw":1}',
      "the list, name_raw",
    ],
    "a size below zero": ['{"type":1,"size":-1}', "the list, size"],
    "a checksum that is no text": [
      '{"type":1,"payload":1}',
      "the list, payload",
    ],
  };
  for (const [name, [text, expected]] of Object.entries(cases)) {
    await t.step(name, () => {
      assertThrows(() => read(`{"type":2}\n${text}\n`), SyntaxError, expected);
    });
  }
  const good = concatBytes([...packed('{"type":2}\n')]);
  const damaged = {
    "it is cut short": good.slice(0, -1),
    "it is no gzip": toBytes('{"type":2}\n'),
    "nothing is there": new Uint8Array(0),
  };
  for (const [name, bytes] of Object.entries(damaged)) {
    await t.step(name, () => {
      assertThrows(
        () => [...readTarSplit([bytes], "the list")],
        SyntaxError,
        "Cannot read the list: it is damaged",
      );
    });
  }
});

Deno.test("readTarSplit() takes lines of up to 64 MiB", () => {
  const line = (length: number) => `{"type":2}${" ".repeat(length - 10)}\n`;
  assertEquals(read(line(64 * MIB) + line(64 * MIB)).length, 2);
  assertThrows(
    () => read(line(64 * MIB + 1)),
    SyntaxError,
    "Cannot read the list: a line is longer than 67108864 bytes",
  );
});

Deno.test("listRawNames() lists names of content that are no text", async (t) => {
  const raw = (bytes: string, size: number) =>
    `{"type":1,"name_raw":"${btoa(bytes)}","size":${size}}\n`;
  const cases: Readonly<Record<string, readonly [string, readonly string[]]>> =
    {
      "none": ['{"type":1,"name":"a","size":1}\n', []],
      "one of each kind": [
        raw("\xff", 1) + raw("\xfe", 0) + raw("text", 1) + '{"type":2}\n' +
        '{"type":1,"name":"b","size":1}\n' + raw("\xfd/x", 9),
        ["\xff", "\xfd/x"],
      ],
      // Before it there is more than comes out at once.
      "one far behind": [
        '{"type":2,"payload":"AAAA"}\n'.repeat(10_000) + raw("\xff", 1),
        ["\xff"],
      ],
    };
  for (const [name, [text, expected]] of Object.entries(cases)) {
    await t.step(name, () => {
      assertEquals(listRawNames(() => packed(text), "the list"), expected);
    });
  }
  await t.step("wherever a part ends", () => {
    const chunks = (at: number) => [
      new Uint8Array(gzipSync(toBytes(raw("\xff", 1).slice(0, at)))),
      new Uint8Array(gzipSync(toBytes(raw("\xff", 1).slice(at)))),
    ];
    for (let at = 1; at < 25; at++) {
      assertEquals(listRawNames(() => chunks(at), "the list"), ["\xff"]);
    }
  });
});

function split(bytes: Bytes, step: number): Bytes[] {
  return Array.from(
    { length: Math.ceil(bytes.length / step) },
    (_, n) => bytes.slice(n * step, n * step + step),
  );
}
