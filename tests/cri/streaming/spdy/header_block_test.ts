import { assertEquals, assertRejects } from "@std/assert";
import { SpdyProtocolError } from "../../../../src/cri/streaming/spdy/frame_reader.ts";
import {
  emptyBlock,
  HeaderInflater,
} from "../../../../src/cri/streaming/spdy/header_block.ts";
import { toBytes } from "../../../../src/formats/bytes.ts";
import {
  encodeHeaders,
  HeaderDeflater,
} from "../../../support/streaming/spdy_client.ts";

Deno.test("HeaderInflater reads what client-go 0.37.2 has written", async () => {
  using inflater = new HeaderInflater();
  // One behind the other, of one session: against the dictionary.
  const first =
    "78f9e3c6a7c26260606004a7b392a2d4c45c6851c29a0a0a6800000000ffff";
  const second = "c22ac5565c92925f5a02000000ffff";
  assertEquals(
    await inflater.read(Uint8Array.fromHex(first)),
    new Map([["streamtype", "error"]]),
  );
  assertEquals(
    await inflater.read(Uint8Array.fromHex(second)),
    new Map([["streamtype", "stdout"]]),
  );
});

Deno.test("HeaderInflater reads the empty blocks of the server", async () => {
  using inflater = new HeaderInflater();
  for (const isFirst of [true, false, false]) {
    assertEquals(await inflater.read(emptyBlock({ isFirst })), new Map());
  }
});

Deno.test("HeaderInflater refuses what is no block", async (t) => {
  const good = encodeHeaders({ name: "value", other: "one" });
  const twice = encodeHeaders({ aa: "x", ab: "y" });
  twice[twice.indexOf("b".charCodeAt(0))] = "a".charCodeAt(0);
  const cases: Readonly<Record<string, readonly [Uint8Array, string]>> = {
    "an empty one": [new Uint8Array(0), "it ends too early"],
    "one too short": [
      good.subarray(0, good.byteLength - 1),
      "it ends too early",
    ],
    "one too long": [new Uint8Array([...good, 0]), "it is too long"],
    "a name without an end": [
      Uint8Array.of(0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff),
      "it ends too early",
    ],
    "an empty name": [encodeHeaders({ "": "value" }), "a name is wrong"],
    "a name twice": [twice, "a name is wrong"],
    "too many headers": [encodeHeaders(headers(65)), "it has 65 headers"],
    "a number of headers too high": [
      Uint8Array.of(0xff, 0xff, 0xff, 0xff),
      "it has 4294967295 headers",
    ],
    "a byte too many": [sized(16_385), "it has more than 16384 bytes"],
    "a bomb": [sized(8_000_000), "it has more than 16384 bytes"],
  };
  for (const [name, [block, says]] of Object.entries(cases)) {
    await t.step(name, async () => {
      using deflater = new HeaderDeflater();
      using inflater = new HeaderInflater();
      const compressed = await deflater.deflate(block);
      await assertRejects(
        () => inflater.read(compressed),
        SpdyProtocolError,
        `Cannot read a header block: ${says}`,
      );
    });
  }
});

Deno.test("HeaderInflater reads what is just within its limits", async (t) => {
  const cases: Readonly<Record<string, readonly [Uint8Array, number]>> = {
    "64 headers": [encodeHeaders(headers(64)), 64],
    "16 KiB": [sized(16_384), 1],
    "an empty value": [encodeHeaders({ name: "" }), 1],
  };
  for (const [name, [block, count]] of Object.entries(cases)) {
    await t.step(name, async () => {
      using deflater = new HeaderDeflater();
      using inflater = new HeaderInflater();
      // Blocks of a session do not add up.
      for (let times = 0; times < 3; times++) {
        const read = await inflater.read(await deflater.deflate(block));
        assertEquals(read.size, count);
      }
    });
  }
});

/** So many headers without values. */
function headers(count: number): Readonly<Record<string, string>> {
  const names = Array.from({ length: count }, (_, index) => `name${index}`);
  return Object.fromEntries(names.map((name) => [name, ""]));
}

/** A block of one header, of so many bytes. */
function sized(bytes: number): Uint8Array {
  const empty = encodeHeaders({ name: "" }).byteLength;
  return encodeHeaders({ name: "x".repeat(bytes - empty) });
}

Deno.test("HeaderInflater refuses damaged compression, and all behind it", async (t) => {
  const blocks: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
    "no compression": toBytes("no compression"),
    "nothing": new Uint8Array(0),
    "another dictionary": Uint8Array.of(0x78, 0xbb, 1, 2, 3, 4, 5, 6, 7),
    "an end": Uint8Array.of(0x78, 0x9c, 3, 0, 0, 0, 0, 1),
  };
  for (const [name, block] of Object.entries(blocks)) {
    await t.step(name, async () => {
      using inflater = new HeaderInflater();
      for (let times = 0; times < 3; times++) {
        await assertRejects(() => inflater.read(block), SpdyProtocolError);
      }
    });
  }
});
