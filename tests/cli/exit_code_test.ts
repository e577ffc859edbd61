import { assertEquals } from "@std/assert";
import { exitCodeOf } from "../../src/cli/exit_code.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import * as errors from "../../src/mod.ts";

Deno.test("exitCodeOf() tells conditions apart", async (t) => {
  const cases: readonly [Error, number][] = [
    [new Error("x"), 1],
    [new errors.NoSpaceError("x"), 1],
    [new errors.CommandError("x"), 1],
    [new errors.DamagedFileError("x", { path: "/x" }), 1],
    [new UsageError("x"), 2],
    [new errors.InvalidPodNameError("x"), 2],
    [new SyntaxError("x"), 2],
    [new errors.ImageNotFoundError("x"), 3],
    [new errors.InvalidSandboxIdError("x"), 3],
    [new errors.NoMatchingPlatformError("x"), 3],
    [new errors.RegistryError("x", { status: 404 }), 3],
    [new errors.RegistryError("x", { status: 404, code: "BLOB_UNKNOWN" }), 6],
    [new errors.InUseError("x", []), 4],
    [new errors.DuplicateNameError("x"), 4],
    [new errors.PolicyError("x"), 5],
    [new errors.BlobMismatchError("x"), 5],
    [new errors.InvalidManifestError("x"), 5],
    [new errors.RegistryError("x"), 6],
    [new errors.UnauthorizedError("x", { status: 401 }), 6],
    [new errors.StoreBusyError("x"), 75],
    [new AggregateError([new errors.InUseError("x", [])]), 4],
  ];
  for (const [error, code] of cases) {
    await t.step(`${error.name} ${code}`, () => {
      assertEquals(exitCodeOf(error), code);
    });
  }
});
