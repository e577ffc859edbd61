import { assertEquals } from "@std/assert";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";

Deno.test("digestOf() is sha256 of bytes, or of text as UTF-8", () => {
  const expected =
    "sha256:4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c";
  assertEquals(digestOf("é"), expected);
  assertEquals(digestOf(new TextEncoder().encode("é")), expected);
});
