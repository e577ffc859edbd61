import { assertEquals, assertNotEquals } from "@std/assert";
import { randomId } from "../../../src/fs/random_name.ts";
import {
  FINGERPRINT_BYTES,
  fingerprintOf,
  numberOf,
  sumOfIds,
} from "../../../src/store/records/fingerprint.ts";

Deno.test("fingerprintOf() reports which records files have", async (t) => {
  const [a, b, c] = [randomId(), randomId(), randomId()];
  const print = (...files: string[][]) =>
    fingerprintOf(files.map(sumOfIds)).toHex();
  const own = print([a, b], []);
  assertEquals(own.length, 2 * FINGERPRINT_BYTES);
  const others: Readonly<Record<string, string>> = {
    "one less": print([a], []),
    "one more": print([a, b, c], []),
    "another one": print([a, c], []),
    "the second one in the other file": print([a], [b]),
    "all in the other file": print([], [a, b]),
    "none": print([], []),
    "fewer files": print([a, b]),
  };
  for (const [name, other] of Object.entries(others)) {
    await t.step(name, () => assertNotEquals(other, own));
  }
});

Deno.test("sumOfIds() grows with a record, and takes any ID", async (t) => {
  for (const id of [randomId(), "a", "not-hex", "é", "0", ""]) {
    await t.step(JSON.stringify(id), () => {
      assertEquals(sumOfIds(["x", id]) - numberOf(id), sumOfIds(["x"]));
    });
  }
  assertNotEquals(sumOfIds(["g1"]), sumOfIds(["g2"]));
});
