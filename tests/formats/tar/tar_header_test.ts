import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import {
  isGnuHeader,
  isZeroBlock,
  parseTarHeader,
  readNumber,
} from "../../../src/formats/tar/tar_header.ts";
import {
  fragment,
  latin1,
  type Member,
} from "../../support/images/tar_builder.ts";

// Each field has a value that no other has, and fills its place.
const FULL: Member = {
  name: "n".repeat(100),
  linkName: "l".repeat(100),
  type: "3",
  mode: 0o1234567,
  uid: 0o2345671,
  gid: 0o3456712,
  size: 0o12345671234,
  mtime: 0o23456712345,
  major: 0o4567123,
  minor: 0o5671234,
};
const PLAIN = {
  name: FULL.name,
  linkName: FULL.linkName,
  typeFlag: 0x33,
  size: 0o12345671234,
  mode: 0o1234567,
  uid: 0o2345671,
  gid: 0o3456712,
  mtime: 0o23456712345,
  major: 0o4567123,
  minor: 0o5671234,
};

Deno.test("parseTarHeader() reads each field to its last byte", async (t) => {
  const prefix = "p".repeat(155);
  const cases: readonly (readonly [string, Member, object])[] = [
    ["a character device", FULL, PLAIN],
    ["a block device", { ...FULL, type: "4" }, { ...PLAIN, typeFlag: 0x34 }],
    [
      "no device, so that its numbers mean nothing",
      { ...FULL, type: "0" },
      { ...PLAIN, typeFlag: 0x30, major: 0, minor: 0 },
    ],
    [
      "a prefix",
      { ...FULL, prefix },
      { ...PLAIN, name: `${prefix}/${FULL.name}` },
    ],
    [
      "star's prefix, which is shorter, as its times follow",
      { ...FULL, prefix, patch: (block) => block.set(latin1("tar\0"), 508) },
      { ...PLAIN, name: `${"p".repeat(131)}/${FULL.name}` },
    ],
    [
      "a V7 header, where a prefix means nothing",
      { ...FULL, prefix, magic: "\0\0\0\0\0\0\0\0" },
      PLAIN,
    ],
    [
      "a magic that differs in its last byte",
      { ...FULL, prefix, magic: "ustar\x0001" },
      PLAIN,
    ],
  ];
  for (const [name, member, expected] of cases) {
    await t.step(name, () => {
      const block = fragment({ ...member, content: "" }).subarray(0, 512);
      // Also where it does not begin its array.
      const shifted = new Uint8Array(1024).fill(0x37);
      shifted.set(block, 3);
      assertEquals(parseTarHeader(block, 0), expected as typeof PLAIN);
      assertEquals(parseTarHeader(shifted, 3), expected as typeof PLAIN);
    });
  }
});

Deno.test("parseTarHeader() demands the right checksum", async (t) => {
  const block = fragment({ name: "\xff\xfe", content: "" });
  for (const at of [0, 147, 156, 511]) {
    await t.step(`a change at ${at}`, () => {
      const changed = block.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      assertThrows(
        () => parseTarHeader(changed, 0),
        SyntaxError,
        "its checksum is",
      );
    });
  }
  await t.step("of signed bytes, as old programs computed it", () => {
    const sum = block.slice(0, 512).reduce((total, byte, at) => {
      const isOwn = at >= 148 && at < 156;
      return total + (isOwn ? 0x20 : byte > 127 ? byte - 256 : byte);
    }, 0);
    const signed = block.slice();
    signed.set(latin1(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
    assertEquals(parseTarHeader(signed, 0).name, "\xff\xfe");
    signed.set(latin1(`${(sum + 256).toString(8).padStart(6, "0")}\0 `), 148);
    assertThrows(() => parseTarHeader(signed, 0), SyntaxError, "checksum");
  });
});

Deno.test("readNumber() takes octal and base 256", async (t) => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ["0000755\0", 0o755],
    ["00000755", 0o755],
    ["   755 \0", 0o755],
    ["\0\0 755  ", 0o755],
    ["        ", 0],
    ["\0".repeat(8), 0],
    ["77777777", 0o77777777],
    ["12\x00garba", 0o12],
    ["0000008\0", undefined],
    ["000000/\0", undefined],
    ["12 34\0\0\0", undefined],
    ["-0000001", undefined],
    ["\x80\0\0\0\0\0\x01\x02", 0x102],
    ["\xff\xff\xff\xff\xff\xff\xff\xfe", -2],
    ["\xff\xff\xff\xff\xff\xff\x00\x00", -65536],
    ["\xbf\0\0\0\0\0\0\0", undefined],
    ["\x80\x1f\xff\xff\xff\xff\xff\xff", Number.MAX_SAFE_INTEGER],
    ["\x80\x20\0\0\0\0\0\0", undefined],
  ];
  for (const [text, expected] of cases) {
    await t.step(JSON.stringify(text), () => {
      const bytes = latin1(`7${text}7`);
      const read = () => readNumber(bytes, 1, 8, "size");
      if (expected !== undefined) return assertEquals(read(), expected);
      assertThrows(read, SyntaxError, "its size is no number");
    });
  }
});

Deno.test("isZeroBlock() looks at each of the 512 bytes", () => {
  for (const at of [0, 1, 255, 510, 511]) {
    const bytes = new Uint8Array(514);
    bytes[at + 1] = 1;
    assertFalse(isZeroBlock(bytes, 1), `byte ${at}`);
  }
  const around = new Uint8Array(514);
  around[0] = around[513] = 1;
  assert(isZeroBlock(around, 1));
});

Deno.test("isGnuHeader() goes by all eight bytes of the magic", () => {
  const of = (magic: string) =>
    isGnuHeader(fragment({ name: "f", content: "", magic }), 0);
  assert(of("ustar  \0"));
  assertFalse(of("ustar\x0000"));
  assertFalse(of("ustar  \x01"));
});
