import { assertEquals, assertMatch } from "@std/assert";
import {
  findIdProblem,
  findNameProblem,
} from "../../../src/formats/storage/container_names.ts";

Deno.test("findNameProblem() takes names that can be parts of paths", () => {
  for (const name of ["a", "7", "web-1", "A.b_c-", "f".repeat(253)]) {
    assertEquals(findNameProblem(name), undefined);
  }
});

Deno.test("findNameProblem() refuses all others, and reports why", () => {
  assertMatch(findNameProblem("") ?? "", /empty/);
  assertMatch(findNameProblem("f".repeat(254)) ?? "", /253/);
  const bad = [
    ...["..", ".", "-a", "_a", "a/b", "a b", "a\n", "\na", "a\0", "é", "a:b"],
  ];
  for (const name of bad) {
    assertMatch(findNameProblem(name) ?? "", /expected letters/, name);
  }
});

Deno.test("findIdProblem() refuses the names of the store's own files", () => {
  for (const id of ["a", "web-1.2", "json", "f".repeat(64)]) {
    assertEquals(findIdProblem(id), undefined);
  }
  const records = [
    ...["containers.json", "volatile-containers.json", "containers.lock"],
  ];
  for (const id of records) {
    assertMatch(findIdProblem(id) ?? "", /keeps its records/, id);
  }
  assertMatch(findIdProblem("../a") ?? "", /expected letters/);
});
