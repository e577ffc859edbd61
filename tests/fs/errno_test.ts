import { assert, assertFalse } from "@std/assert";
import { isErrno } from "../../src/fs/errno.ts";

Deno.test("isErrno() knows an error by its code alone", () => {
  const error = Object.assign(new Error("EEXIST"), { code: "ENOENT" });
  assert(isErrno(error, "ENOENT"));
  assert(isErrno(error, "EEXIST", "ENOENT"));
  assertFalse(isErrno(error, "EEXIST"));
  assertFalse(isErrno(error));
  for (const other of [new Error("ENOENT"), "ENOENT", null, undefined, 2]) {
    assertFalse(isErrno(other, "ENOENT"));
  }
});
