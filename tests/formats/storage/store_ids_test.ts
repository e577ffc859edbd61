import { assertEquals, assertFalse, assertThrows } from "@std/assert";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import {
  containerIdsIn,
  imageIdOf,
  isFileName,
  layerIdOf,
  parseContainerId,
  parseImageId,
  parseLayerId,
  parseRecordId,
} from "../../../src/formats/storage/store_ids.ts";

const HEX = "0123456789abcdef".repeat(4);

Deno.test("parseLayerId() and parseImageId() take 64 lower-case hex digits", async (t) => {
  for (const parse of [parseLayerId, parseImageId]) {
    assertEquals<string>(parse(HEX), HEX);
    const bad = [
      ...["", HEX.slice(1), `${HEX}0`, HEX.toUpperCase(), `${HEX}\n`],
      `sha256:${HEX}`,
      `../${HEX.slice(3)}`,
    ];
    for (const text of bad) {
      await t.step(`${parse.name} ${text}`, () => {
        assertThrows(() => parse(text), SyntaxError, "64 lower-case hex");
      });
    }
  }
});

Deno.test("parseContainerId() takes names, and refuses paths", () => {
  assertEquals<string>(parseContainerId("web-1"), "web-1");
  assertEquals<string>(parseContainerId(HEX), HEX);
  assertThrows(() => parseContainerId(""), SyntaxError, "it is empty");
  assertThrows(
    () => parseContainerId("../web"),
    SyntaxError,
    'Cannot parse container ID "../web": expected letters',
  );
});

Deno.test("containerIdsIn() leaves out what is no ID", () => {
  const others = ["", ".", "..", "a b", "a/b", "a\n", "é", `${HEX}.json~ `];
  assertEquals<readonly string[]>(
    containerIdsIn([HEX, ...others, "web-1"]),
    [HEX, "web-1"],
  );
});

Deno.test("layerIdOf() and imageIdOf() are the hex of a digest", () => {
  const digest = digestOf("foo");
  assertEquals(`sha256:${layerIdOf(digest)}`, digest);
  assertEquals(`sha256:${imageIdOf(digest)}`, digest);
});

Deno.test("parseRecordId() takes what can be the name of a file", () => {
  for (
    const text of [HEX, "a", "my layer", "é", ".hidden", "...", "a".repeat(255)]
  ) {
    assertEquals<string>(parseRecordId(text), text);
  }
  const bad = [
    "",
    ".",
    "..",
    "a/b",
    "/",
    "a\0b",
    "a\nb",
    "é".repeat(128),
    "a".repeat(256),
  ];
  for (const text of bad) {
    assertFalse(isFileName(text));
    assertThrows(() => parseRecordId(text), SyntaxError, "name of a file");
  }
});
