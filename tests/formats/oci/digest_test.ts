import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  algorithmOf,
  hexOf,
  isDigest,
  parseDigest,
} from "../../../src/formats/oci/digest.ts";

Deno.test("parseDigest() takes each algorithm with its own number of digits", async (t) => {
  const lengths = { sha256: 64, sha384: 96, sha512: 128 };
  for (const [algorithm, length] of Object.entries(lengths)) {
    await t.step(algorithm, () => {
      const text = `${algorithm}:${"0af9".repeat(length / 4)}`;
      const digest = parseDigest(text);
      assertEquals([algorithmOf(digest), hexOf(digest)], [
        algorithm,
        text.slice(7),
      ]);
      for (const other of [`${text}0`, text.slice(0, -1), `${text}0af9`]) {
        assert(!isDigest(other));
        assertThrows(
          () => parseDigest(other),
          SyntaxError,
          `${algorithm} needs ${length} lower-case hex digits`,
        );
      }
    });
  }
});

Deno.test("parseDigest() refuses what could be no digest, or another path", async (t) => {
  const hex = "a".repeat(64);
  const cases: readonly (readonly [string, string])[] = [
    ["", "expected <algorithm>:<hex>"],
    [hex, "expected <algorithm>:<hex>"],
    [`:${hex}`, "expected <algorithm>:<hex>"],
    [`md5:${"a".repeat(32)}`, 'algorithm "md5" is not supported'],
    [`sha1:${"a".repeat(40)}`, 'algorithm "sha1" is not supported'],
    [`SHA256:${hex}`, 'algorithm "SHA256" is not supported'],
    [`sha256+b64:${hex}`, 'algorithm "sha256+b64" is not supported'],
    [`constructor:${hex}`, 'algorithm "constructor" is not supported'],
    [`sha256:${hex.toUpperCase()}`, "64 lower-case hex digits"],
    [`sha256:${hex.slice(1)}g`, "64 lower-case hex digits"],
    [`sha256:${hex.slice(1)}\n`, "64 lower-case hex digits"],
    [`sha256:${hex}\n`, "64 lower-case hex digits"],
    [`sha256: ${hex.slice(1)}`, "64 lower-case hex digits"],
    [`sha256:../${hex.slice(3)}`, "64 lower-case hex digits"],
    [`sha256:${hex}:${hex}`, "64 lower-case hex digits"],
    [`sha256:${"٣".repeat(64)}`, "64 lower-case hex digits"],
  ];
  for (const [text, expected] of cases) {
    await t.step(JSON.stringify(text), () => {
      assert(!isDigest(text));
      assertThrows(() => parseDigest(text), SyntaxError, expected);
    });
  }
});

Deno.test("parseDigest() shows no more than the beginning of nonsense", () => {
  const error = assertThrows(
    () => parseDigest("x".repeat(1_000_000)),
    SyntaxError,
  );
  assert(error.message.length < 250);
});
