import { assert, assertEquals } from "@std/assert";
import { categoryOf, type ErrorCategory } from "../../src/errors/category.ts";
import * as image from "../../src/errors/image_errors.ts";
import * as naming from "../../src/errors/naming_errors.ts";
import * as network from "../../src/errors/network_errors.ts";
import * as missing from "../../src/errors/not_found_errors.ts";
import * as processes from "../../src/errors/process_errors.ts";
import * as store from "../../src/errors/store_errors.ts";

const AT = { path: "/x" };

/** Each condition, its name, and its category. */
const CASES: readonly (readonly [Error, string, ErrorCategory])[] = [
  [new image.BlobMismatchError("m"), "BlobMismatchError", "refused"],
  [new image.InvalidManifestError("m"), "InvalidManifestError", "refused"],
  [
    new image.NoMatchingPlatformError("m"),
    "NoMatchingPlatformError",
    "not found",
  ],
  [new image.InvalidLayerError("m"), "InvalidLayerError", "refused"],
  [new image.ChangedDigestError("m"), "ChangedDigestError", "refused"],
  [new image.RegistryError("m"), "RegistryError", "unavailable"],
  [new image.UnauthorizedError("m"), "UnauthorizedError", "unavailable"],
  [new image.NoSpaceError("m"), "NoSpaceError", "no space"],
  [new naming.InvalidPodNameError("m"), "InvalidPodNameError", "invalid"],
  [new naming.InvalidImageNameError("m"), "InvalidImageNameError", "invalid"],
  [
    new naming.InvalidContainerNameError("m"),
    "InvalidContainerNameError",
    "invalid",
  ],
  [new naming.DuplicateIdError("m"), "DuplicateIdError", "exists"],
  [new naming.DuplicateNameError("m"), "DuplicateNameError", "exists"],
  [new network.NetworkError("m"), "NetworkError", "internal"],
  [new network.InvalidSandboxError("m"), "InvalidSandboxError", "invalid"],
  [new missing.NotFoundError("m"), "NotFoundError", "not found"],
  [new missing.ImageNotFoundError("m"), "ImageNotFoundError", "not found"],
  [
    new missing.ContainerNotFoundError("m"),
    "ContainerNotFoundError",
    "not found",
  ],
  [new missing.AmbiguousIdError("m", []), "AmbiguousIdError", "not found"],
  [new missing.LayerNotFoundError("m"), "LayerNotFoundError", "not found"],
  [
    new missing.InvalidSandboxIdError("m"),
    "InvalidSandboxIdError",
    "not found",
  ],
  [
    new missing.InvalidContainerIdError("m"),
    "InvalidContainerIdError",
    "not found",
  ],
  [new missing.NotLoggedInError("m"), "NotLoggedInError", "not found"],
  [
    new processes.ProcessNotFoundError("m"),
    "ProcessNotFoundError",
    "not found",
  ],
  [new processes.ExecTimeoutError("m"), "ExecTimeoutError", "timeout"],
  [new store.InUseError("m", []), "InUseError", "in use"],
  [new store.StoreBusyError("m"), "StoreBusyError", "busy"],
  [new store.UnsupportedStoreError("m"), "UnsupportedStoreError", "damaged"],
  [new store.DamagedStoreError("m", AT), "DamagedStoreError", "damaged"],
  [new store.DamagedFileError("m", AT), "DamagedFileError", "damaged"],
  [new store.PolicyError("m"), "PolicyError", "refused"],
  [new store.CommandError("m"), "CommandError", "internal"],
];

Deno.test("each condition has its name and category", async (t) => {
  for (const [error, name, category] of CASES) {
    await t.step(name, () => {
      assertEquals(error.name, name);
      assertEquals(categoryOf(error), category);
    });
  }
});

Deno.test("each condition of these files is in the table", () => {
  const files = [image, naming, network, missing, processes, store];
  const names = files.flatMap((exports) => Object.keys(exports));
  const known = CASES.map(([, name]) => name);
  assertEquals(names.toSorted(), known.toSorted());
});

Deno.test("categoryOf() knows the system's own of a full disk", () => {
  const failed = (code: string) => Object.assign(new Error("m"), { code });
  assertEquals(
    ["ENOSPC", "EDQUOT", "EIO", ""].map((code) => categoryOf(failed(code))),
    ["no space", "no space", "internal", "internal"],
  );
});

Deno.test("categoryOf() looks into what was thrown", async (t) => {
  const busy = new store.StoreBusyError("m");
  const damaged = new store.DamagedFileError("m", AT);
  const cases: readonly (readonly [string, unknown, ErrorCategory])[] = [
    ["what came first", new SuppressedError(new Error(), busy), "busy"],
    ["the first of several", new AggregateError([busy, damaged]), "busy"],
    ["none of several", new AggregateError([]), "internal"],
    ["text that does not parse", new SyntaxError("m"), "invalid"],
    ["a file that does not parse", damaged, "damaged"],
    ["an error of the system", new Deno.errors.NotFound("m"), "internal"],
    ["a cause does not count", new Error("m", { cause: busy }), "internal"],
    ["no error", { category: "busy" }, "internal"],
    ["nothing", undefined, "internal"],
  ];
  for (const [name, error, category] of cases) {
    await t.step(name, () => assertEquals(categoryOf(error), category));
  }
});

Deno.test("conditions carry what callers branch on", async (t) => {
  const cause = new Error("why");
  await t.step("RegistryError: what was sent, and what it means", () => {
    const none = new image.RegistryError("m");
    assertEquals(
      [none.status, none.reason, none.code, none.cause, none.isImageUnknown],
      [0, "unreachable", "", undefined, false],
    );
    const some = new image.UnauthorizedError("m", {
      ...{ status: 401, code: "DENIED", cause },
    });
    assert(some instanceof image.RegistryError);
    assertEquals(
      [some.status, some.reason, some.code, some.cause],
      [401, "answered", "DENIED", cause],
    );
    const cut = new image.RegistryError("m", { reason: "interrupted" });
    assertEquals([cut.status, cut.reason], [0, "interrupted"]);
  });
  await t.step("RegistryError: an image that it lacks is not found", () => {
    const of = (status: number, code: string) =>
      new image.RegistryError("m", { status, code });
    const cases = [
      of(404, "MANIFEST_UNKNOWN"),
      of(404, ""),
      of(404, "BLOB_UNKNOWN"),
      of(403, "MANIFEST_UNKNOWN"),
    ];
    assertEquals(
      cases.map((error) => [error.isImageUnknown, error.category]),
      [
        [true, "not found"],
        [true, "not found"],
        [false, "unavailable"],
        [false, "unavailable"],
      ],
    );
  });
  await t.step("InvalidLayerError: what could not be done, and why", () => {
    const unnamed = new image.InvalidLayerError("it is cut");
    assertEquals(
      [unnamed.message, unnamed.verb, unnamed.why],
      ["Cannot unpack the layer: it is cut", "unpack", "it is cut"],
    );
    const named = new image.InvalidLayerError("it is cut", {
      ...{ verb: "decompress", digest: "sha256:1" } as const,
    });
    assertEquals(
      [named.message, named.verb],
      ['Cannot decompress layer "sha256:1": it is cut', "decompress"],
    );
  });
  await t.step("NetworkError: whose fault, and whether it may pass", () => {
    const bare = new network.NetworkError("m");
    assertEquals([bare.plugin, bare.isTemporary], ["", false]);
    const passing = new network.NetworkError("m", {
      ...{ plugin: "bridge", category: "unavailable", cause } as const,
    });
    assertEquals(
      [passing.plugin, passing.isTemporary, passing.category, passing.cause],
      ["bridge", true, "unavailable", cause],
    );
  });
  await t.step("ImageNotFoundError: what was asked for", () => {
    const none = new missing.ImageNotFoundError("m");
    assertEquals([none.imageName, none.imageId], ["", ""]);
    const asked = { imageName: "q.io/a", imageId: "1f" };
    const some = new missing.ImageNotFoundError("m", asked);
    assertEquals([some.imageName, some.imageId], ["q.io/a", "1f"]);
  });
  await t.step("others: users, candidates, files, exit codes", () => {
    assertEquals(new store.InUseError("m", ["a"]).users, ["a"]);
    assertEquals(new missing.AmbiguousIdError("m", ["a"]).candidates, ["a"]);
    const damaged = [
      new store.DamagedStoreError("m", { ...AT, cause }),
      new store.DamagedFileError("m", { ...AT, cause }),
    ];
    assertEquals(
      damaged.map((error) => [error.path, error.cause]),
      [["/x", cause], ["/x", cause]],
    );
    assertEquals(new store.CommandError("m").exitCode, -1);
    const ended = new store.CommandError("m", { exitCode: 0, cause });
    assertEquals([ended.exitCode, ended.cause], [0, cause]);
  });
  await t.step("what is of which kind", () => {
    const { InvalidManifestError } = image;
    assert(
      new image.NoMatchingPlatformError("m") instanceof InvalidManifestError,
    );
    assert(
      new missing.AmbiguousIdError("m", []) instanceof
        missing.ContainerNotFoundError,
    );
    assert(
      new store.DamagedStoreError("m", AT) instanceof
        store.UnsupportedStoreError,
    );
    assert(new store.DamagedFileError("m", AT) instanceof SyntaxError);
    assert(new naming.InvalidImageNameError("m") instanceof TypeError);
    assert(new network.InvalidSandboxError("m") instanceof TypeError);
    assert(
      new processes.ProcessNotFoundError("m") instanceof missing.NotFoundError,
    );
  });
});
