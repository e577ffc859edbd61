import { assertEquals, assertNotStrictEquals } from "@std/assert";
import { toBytes } from "../../../src/formats/bytes.ts";
import {
  type Crc64,
  createCrc64,
  createPlainCrc64,
  createWasmCrc64,
} from "../../../src/formats/tar/crc64.ts";

const KINDS: Readonly<Record<string, (bufferBytes: number) => Crc64>> = {
  createCrc64,
  createPlainCrc64,
  createWasmCrc64,
};

for (const [name, create] of Object.entries(KINDS)) {
  Deno.test(`${name}() computes Go's CRC-64/ISO`, () => {
    const crc = create(1024);
    assertEquals(crc.toBase64(), "AAAAAAAAAAA=");
    crc.update(toBytes("hello\n"));
    assertEquals(crc.toBase64(), "YUw+7uLYEAA=");
    crc.reset();
    crc.update(toBytes("1234"));
    crc.update(toBytes("56789"));
    assertEquals(crc.toBase64(), Uint8Array.fromHex(CHECK).toBase64());
  });
}

// The catalogue's check value of CRC-64/GO-ISO, for "123456789".
const CHECK = "b90956c775a41001";

Deno.test("createWasmCrc64() agrees with plain code at every length", () => {
  const wasm = createWasmCrc64(1000);
  const plain = createPlainCrc64(1000);
  assertNotStrictEquals(wasm.buffer.buffer, plain.buffer.buffer);
  const bytes = crypto.getRandomValues(new Uint8Array(1000));
  wasm.buffer.set(bytes);
  for (let length = 0; length < 300; length++) {
    const start = length % 13;
    wasm.update(wasm.buffer.subarray(start, start + length));
    plain.update(bytes.subarray(start, start + length));
    assertEquals(wasm.toBase64(), plain.toBase64(), `length ${length}`);
  }
});

Deno.test("createWasmCrc64() takes other bytes than its buffer's", () => {
  const wasm = createWasmCrc64(0);
  const plain = createPlainCrc64(0);
  const bytes = new Uint8Array(200_001).map((_, index) => index * 7);
  wasm.update(bytes);
  plain.update(bytes);
  assertEquals(wasm.toBase64(), plain.toBase64());
});
