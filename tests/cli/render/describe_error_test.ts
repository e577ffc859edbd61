import { assertEquals } from "@std/assert";
import { describeError } from "../../../src/cli/render/describe_error.ts";

Deno.test("describeError() makes one line", async (t) => {
  const cause = new Error("connection refused");
  const forbidden = Deno.uid() === 0
    ? ""
    : " (orlop needs root: try it with sudo)";
  const cases: readonly [unknown, string][] = [
    [new Error("Cannot a: b", { cause }), "Cannot a: b"],
    [new Error("Cannot a", { cause }), "Cannot a: connection refused"],
    [new Error("Cannot a: b\n  c"), "Cannot a: b; c"],
    [new TypeError(), "TypeError"],
    ["text", "text"],
    [
      Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" }),
      `Cannot go on: permission denied${forbidden}`,
    ],
    [
      Object.assign(new Error("No space left on device (os error 28)"), {
        code: "ENOSPC",
      }),
      "Cannot go on: no space left on device (orlop df shows what uses the " +
      "disk, orlop gc makes room)",
    ],
    [new SuppressedError(new Error("later"), cause), "connection refused"],
    [
      new Deno.errors.PermissionDenied("Permission denied"),
      `Permission denied${forbidden}`,
    ],
  ];
  for (const [error, expected] of cases) {
    await t.step(expected, () => assertEquals(describeError(error), expected));
  }
});
