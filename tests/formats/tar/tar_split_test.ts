import { assert, assertEquals } from "@std/assert";
import { gunzipSync } from "node:zlib";
import { type Bytes, concatBytes, toText } from "../../../src/formats/bytes.ts";
import { createTarSplitWriter } from "../../../src/formats/tar/tar_split.ts";

interface Line {
  readonly type: number;
  readonly position: number;
  readonly payload: string | null;
  readonly name?: string;
  readonly "name_raw"?: string;
  readonly size?: number;
}

Deno.test("createTarSplitWriter() writes lines as the Go library reads them", () => {
  const lines = write((writer) => {
    writer.addSegment(new Uint8Array(512));
    writer.addFile("d/", 0);
    writer.addSegment(new Uint8Array(500));
    writer.addSegment(new Uint8Array(12));
    writer.addFile("d/hello", 6, "YUw+7uLYEAA=");
    writer.addFile('caf\xc3\xa9 "\\\n', 0);
    writer.addFile("caf\xe9", 0);
    writer.addSegment(new Uint8Array(1024));
  });
  const zeros = (length: number) => new Uint8Array(length).toBase64();
  assertEquals(lines, [
    { type: 2, payload: zeros(512), position: 0 },
    { type: 1, name: "d/", payload: null, position: 1 },
    { type: 2, payload: zeros(512), position: 2 },
    {
      type: 1,
      name: "d/hello",
      size: 6,
      payload: "YUw+7uLYEAA=",
      position: 3,
    },
    { type: 1, name: 'café "\\\n', payload: null, position: 4 },
    { type: 1, "name_raw": "Y2Fm6Q==", payload: null, position: 5 },
    { type: 2, payload: zeros(1024), position: 6 },
  ]);
});

Deno.test("createTarSplitWriter() cuts what is long, and loses nothing", () => {
  const bytes = new Uint8Array(1_000_001).map((_, index) => index % 251);
  const lines = write((writer) => writer.addSegment(bytes));
  const segments = lines.map(({ payload }) =>
    Uint8Array.fromBase64(payload ?? "")
  );
  assertEquals(concatBytes(segments), bytes);
  assert(segments.every(({ length }) => length <= 65_536));
  assertEquals(lines.map(({ position }) => position), [...lines.keys()]);
});

Deno.test("createTarSplitWriter() makes members of some 512 KiB of lines", () => {
  const chunks: Bytes[] = [];
  const writer = createTarSplitWriter((bytes) => void chunks.push(bytes));
  // With its position of one digit, and of two, a line is as long.
  const line = '{"type":1,"name":"","payload":null,"position":0}\n'.length;
  const half = 256 * 1024 - line;
  writer.addFile("x".repeat(half), 0);
  writer.addFile("x".repeat(half - 1), 0);
  writer.addFile("", 0);
  assertEquals(chunks.length, 1);
  writer.addFile("x".repeat(2 * half + line), 0);
  assertEquals(chunks.length, 2);
  writer.end();
  const texts = chunks.map((chunk) => toText(gunzipSync(chunk)));
  assertEquals(texts[2], "");
  assertEquals(
    texts.join("").trimEnd().split("\n").map((line) =>
      JSON.parse(line).position
    ),
    [0, 1, 2, 3],
  );
  assertEquals(
    texts[0]?.split("\n")[2],
    '{"type":1,"payload":null,"position":2}',
  );
});

Deno.test("createTarSplitWriter() writes exactly what the Go library writes", () => {
  const chunks: Bytes[] = [];
  const writer = createTarSplitWriter((bytes) => void chunks.push(bytes));
  writer.addSegment(Uint8Array.of(1, 2));
  writer.addFile("a", 5, "Y3Jj");
  writer.addFile("\xff", 0);
  writer.end();
  assertEquals(
    toText(gunzipSync(concatBytes(chunks))),
    '{"type":2,"payload":"AQI=","position":0}\n' +
      '{"type":1,"name":"a","size":5,"payload":"Y3Jj","position":1}\n' +
      '{"type":1,"name_raw":"/w==","payload":null,"position":2}\n',
  );
});

function write(
  use: (writer: ReturnType<typeof createTarSplitWriter>) => void,
): Line[] {
  const chunks: Bytes[] = [];
  const writer = createTarSplitWriter((bytes) => void chunks.push(bytes));
  use(writer);
  writer.end();
  const text = toText(gunzipSync(concatBytes(chunks)));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line) as Line);
}
