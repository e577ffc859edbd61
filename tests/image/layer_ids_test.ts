import { assertEquals } from "@std/assert";
import { hexOf } from "../../src/formats/oci/digest.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import { layerIdsOf } from "../../src/image/layer_ids.ts";

Deno.test("layerIdsOf() chains diff IDs as containers/storage does", () => {
  const [one, two] = [digestOf("1"), digestOf("2")];
  assertEquals(layerIdsOf([]), []);
  assertEquals<readonly string[]>(layerIdsOf([one, two]), [
    hexOf(one),
    hexOf(digestOf(`${hexOf(one)}+${hexOf(two)}`)),
  ]);
});
