import { assertEquals } from "@std/assert";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { describeBigData } from "../../../src/store/records/big_data_members.ts";

Deno.test("describeBigData() describes old and new items, sorted as Go does", () => {
  const one = new TextEncoder().encode("one");
  const two = new TextEncoder().encode("two!");
  const first = describeBigData([["z", one], ["a", one]]);
  const members = describeBigData([["z", two], ["m:1", two]], first);
  assertEquals(members["big-data-names"], ["z", "a", "m:1"]);
  const sizes = '{"a":3,"m:1":4,"z":4}';
  assertEquals(JSON.stringify(members["big-data-sizes"]), sizes);
  assertEquals(members["big-data-digests"], {
    a: digestOf(one),
    "m:1": digestOf(two),
    z: digestOf(two),
  });
});
