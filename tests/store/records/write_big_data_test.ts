import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { readdirSync, statSync } from "node:fs";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { readBigData } from "../../../src/store/records/big_data.ts";
import { writeBigData } from "../../../src/store/records/write_big_data.ts";
import { tempDir } from "../../support/temp_dir.ts";

Deno.test("writeBigData() describes old and new items, sorted as Go does", () => {
  using dir = tempDir();
  const directory = dir.join("id");
  const one = new TextEncoder().encode("one");
  const two = new TextEncoder().encode("two!");
  const first = writeBigData(directory, [["z", one], ["a", one]]);
  const members = writeBigData(directory, [["z", two], ["m:1", two]], first);
  assertEquals(members["big-data-names"], ["z", "a", "m:1"]);
  const sizes = '{"a":3,"m:1":4,"z":4}';
  assertEquals(JSON.stringify(members["big-data-sizes"]), sizes);
  assertEquals(members["big-data-digests"], {
    a: digestOf(one),
    "m:1": digestOf(two),
    z: digestOf(two),
  });
  assertEquals(readdirSync(directory).sort(), ["=bTox", "a", "z"]);
  assertEquals(readBigData(directory, "m:1"), two);
  assertEquals(statSync(directory).mode & 0o777, 0o700);
  assertEquals(statSync(join(directory, "a")).mode & 0o777, 0o600);
});
