import { assert, assertEquals } from "@std/assert";
import {
  randomId,
  randomShortName,
  randomSuffix,
} from "../../src/fs/random_name.ts";

Deno.test("random names have the form that containers/storage gives them", () => {
  const names = Array.from({ length: 500 }, () => {
    const id = randomId();
    assert(/^[0-9a-f]{64}$/.test(id) && /[a-f]/.test(id.slice(0, 12)), id);
    const short = randomShortName();
    assert(/^[A-Z2-7]{26}$/.test(short), short);
    assert(/^\d+$/.test(randomSuffix()));
    return [id, short];
  }).flat();
  assertEquals(new Set(names).size, 1000);
});

Deno.test("randomShortName() uses the whole alphabet everywhere", () => {
  const names = Array.from({ length: 2000 }, randomShortName);
  for (let at = 0; at < 26; at++) {
    assertEquals(new Set(names.map((name) => name[at])).size, 32);
  }
});
