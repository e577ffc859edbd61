import { assert, assertEquals } from "@std/assert";
import { exitCodeOf } from "../../src/cli/exit_code.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { categoryOf } from "../../src/errors/category.ts";
import * as errors from "../../src/mod.ts";

Deno.test("exitCodeOf() distinguishes conditions", async (t) => {
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

// Whoever adds a class says here what its condition is, and what scripts see.
const CLASSES: Readonly<
  Record<string, readonly [errors.ErrorCategory, number]>
> = {
  AmbiguousIdError: ["not found", 3],
  BlobMismatchError: ["refused", 5],
  ChangedDigestError: ["refused", 5],
  CommandError: ["internal", 1],
  ContainerNotFoundError: ["not found", 3],
  DamagedFileError: ["damaged", 1],
  DamagedStoreError: ["damaged", 1],
  DuplicateIdError: ["exists", 4],
  DuplicateNameError: ["exists", 4],
  ExecTimeoutError: ["timeout", 1],
  ImageNotFoundError: ["not found", 3],
  InUseError: ["in use", 4],
  InvalidContainerIdError: ["not found", 3],
  InvalidContainerNameError: ["invalid", 2],
  InvalidImageNameError: ["invalid", 2],
  InvalidLayerError: ["refused", 5],
  InvalidManifestError: ["refused", 5],
  InvalidPodNameError: ["invalid", 2],
  InvalidSandboxError: ["invalid", 2],
  InvalidSandboxIdError: ["not found", 3],
  LayerNotFoundError: ["not found", 3],
  NetworkError: ["internal", 1],
  NoMatchingPlatformError: ["not found", 3],
  NoSpaceError: ["no space", 1],
  NotFoundError: ["not found", 3],
  NotLoggedInError: ["not found", 3],
  PolicyError: ["refused", 5],
  ProcessNotFoundError: ["not found", 3],
  RegistryError: ["unavailable", 6],
  StoreBusyError: ["busy", 75],
  UnauthorizedError: ["unavailable", 6],
  UnsupportedStoreError: ["damaged", 1],
};

Deno.test("each class of errors has a category, and an exit code", async (t) => {
  const classes = Object.entries(errors).filter(([name]) =>
    name.endsWith("Error")
  );
  assertEquals(classes.map(([name]) => name).toSorted(), Object.keys(CLASSES));
  for (const [name, exported] of classes) {
    await t.step(name, () => {
      assert(typeof exported === "function");
      const { prototype } = exported;
      assert("category" in prototype);
      const expected = CLASSES[name] ?? [];
      assertEquals([categoryOf(prototype), exitCodeOf(prototype)], expected);
    });
  }
});
