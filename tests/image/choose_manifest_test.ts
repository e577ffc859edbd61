import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  InvalidManifestError,
  NoMatchingPlatformError,
} from "../../src/errors/image_errors.ts";
import type { Descriptor } from "../../src/formats/oci/descriptor.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import type { ImageIndex } from "../../src/formats/oci/manifest.ts";
import {
  DOCKER_LIST,
  OCI_INDEX,
  OCI_MANIFEST,
} from "../../src/formats/oci/media_types.ts";
import {
  choosePlatform,
  hostPlatform,
  parsePlatform,
  platformFits,
  platformOf,
  platformText,
} from "../../src/image/choose_manifest.ts";

Deno.test("choosePlatform() picks the best entry", async (t) => {
  const cases: [wanted: string, offered: string[], chosen: string][] = [
    ["linux/amd64", ["linux/arm64", "linux/amd64"], "linux/amd64"],
    ["linux/x86_64", ["linux/amd64"], "linux/amd64"],
    ["linux/arm64", ["linux/arm64/v8"], "linux/arm64/v8"],
    ["linux/arm64/v8", ["linux/arm64"], "linux/arm64"],
    [
      "linux/arm/v7",
      ["linux/arm/v8", "linux/arm/v5", "linux/arm/v6"],
      "linux/arm/v6",
    ],
    ["linux/arm", ["linux/arm/v5", "linux/arm/v7"], "linux/arm/v7"],
    ["linux/arm/7", ["linux/arm/v7"], "linux/arm/v7"],
    ["linux/amd64", ["linux/amd64/v3", "linux/amd64/v2"], "linux/amd64/v2"],
    ["linux/amd64", ["unknown/unknown", "linux/amd64"], "linux/amd64"],
    ["linux/arm/v8", ["linux/arm/v7", "linux/arm"], "linux/arm/v7"],
    ["linux/arm/v8", ["linux/arm", "linux/arm/v5"], "linux/arm/v5"],
    ["linux/arm/v9", ["linux/arm/v8", "linux/arm"], "linux/arm"],
    ["linux/arm/v7", ["linux/arm/v8", "linux/arm"], "linux/arm"],
    ["linux/arm", ["linux/arm/v8", "linux/arm"], "linux/arm"],
    ["linux/amd64/v3", ["linux/amd64", "linux/amd64/v2"], "linux/amd64/v2"],
    ["linux/amd64", ["windows/amd64", "linux/amd64"], "linux/amd64"],
    ["linux/s390x", ["linux/amd64", ""], ""],
  ];
  for (const [wanted, offered, chosen] of cases) {
    await t.step(`${wanted} of ${offered}`, () => {
      const found = choosePlatform(indexOf(offered), parsePlatform(wanted));
      assertEquals(found, entry(chosen));
    });
  }
});

Deno.test("choosePlatform() prefers what is marked as packed by zstd", async (t) => {
  const annotation = "io.github.containers.compression.zstd";
  const marked = (value: string) => ({
    ...entry("linux/amd64"),
    digest: digestOf(value),
    annotations: { [annotation]: value },
  });
  const plain = entry("linux/amd64");
  const cases: [offered: Descriptor[], chosen: number][] = [
    [[plain, marked("true")], 1],
    [[marked("true"), plain], 0],
    [[plain, marked("changed")], 0],
    [[plain, marked("")], 0],
    [[entry("linux/amd64/v2"), marked("true")], 1],
  ];
  for (const [manifests, chosen] of cases) {
    await t.step(`${chosen} of ${manifests.length}`, () => {
      const index = { ...indexOf([]), manifests };
      const found = choosePlatform(index, parsePlatform("linux/amd64"));
      assertEquals(found, manifests[chosen]);
    });
  }
});

Deno.test("choosePlatform() reports what is offered", () => {
  const index = indexOf(["linux/amd64", "linux/arm64", "unknown/unknown"]);
  assertThrows(
    () => choosePlatform(index, parsePlatform("linux/s390x")),
    NoMatchingPlatformError,
    `Cannot read index "${index.digest}": no image for linux/s390x; it ` +
      "offers linux/amd64, linux/arm64",
  );
  const unknown = { platform: { os: "unknown", architecture: "s390x" } };
  const attached = { ...entry("linux/arm64/v8"), ...unknown };
  const twice = indexOf(["linux/amd64/v1", "linux/x86_64"]);
  const { message } = assertThrows(
    () =>
      choosePlatform(
        { ...twice, manifests: [...twice.manifests, attached] },
        parsePlatform("unknown/s390x"),
      ),
    NoMatchingPlatformError,
  );
  assertEquals(message.split("; ")[1], "it offers linux/amd64");
});

Deno.test("choosePlatform() minds only what is wrong for its platform", () => {
  const { platform } = entry("linux/arm64");
  const index = indexOf(["linux/amd64"]);
  const choose = (unusable: ImageIndex["unusable"], wanted: string) =>
    choosePlatform({ ...index, unusable }, parsePlatform(wanted));
  const broken = { problem: "its digest is odd" };
  for (const entry of [broken, { ...broken, ...(platform && { platform }) }]) {
    assertEquals(choose([entry], "linux/amd64"), index.manifests[0]);
    assertThrows(
      () => choose([entry], "linux/arm64"),
      InvalidManifestError,
      "its digest is odd",
    );
  }
  assertThrows(
    () => choose([{ ...broken, ...(platform && { platform }) }], "linux/s390x"),
    NoMatchingPlatformError,
  );
});

Deno.test("choosePlatform() requires a platform in docker's lists", () => {
  const list = { ...indexOf([""]), mediaType: DOCKER_LIST };
  assertThrows(
    () => choosePlatform(list, parsePlatform("linux/amd64")),
    NoMatchingPlatformError,
    "no images",
  );
});

Deno.test("choosePlatform() never takes an attestation", () => {
  const attestation = {
    ...entry("linux/amd64"),
    annotations: { "vnd.docker.reference.type": "attestation-manifest" },
  };
  const index = { ...indexOf([]), manifests: [attestation] };
  assertThrows(
    () => choosePlatform(index, parsePlatform("linux/amd64")),
    NoMatchingPlatformError,
  );
});

Deno.test("parsePlatform() refuses what is none", () => {
  for (const text of ["", "linux", "linux/", "a/b/c/d", "linux/a b"]) {
    assertThrows(() => parsePlatform(text), SyntaxError, "platform");
  }
});

Deno.test("parsePlatform() shows 100 letters of what is none", () => {
  assertThrows(
    () => parsePlatform("a".repeat(101)),
    SyntaxError,
    `Cannot parse platform "${"a".repeat(100)}": expected`,
  );
});

Deno.test("platformFits() compares all that a platform has", () => {
  const fits = (made: string, host: string) =>
    platformFits(parsePlatform(made), parsePlatform(host));
  assert(fits("linux/amd64", "linux/amd64"));
  assert(fits("linux/amd64", "linux/amd64/v2"));
  assert(fits("linux/arm/v6", "linux/arm/v7"));
  assert(!fits("linux/arm/v7", "linux/arm/v6"));
  assert(!fits("linux/arm64", "linux/amd64"));
  assert(!fits("windows/amd64", "linux/amd64"));
  assert(platformText(hostPlatform()).startsWith("linux/"));
});

function indexOf(platforms: string[]): ImageIndex {
  return {
    kind: "index",
    mediaType: OCI_INDEX,
    digest: digestOf("index"),
    manifests: platforms.map(entry),
    unusable: [],
    annotations: {},
  };
}

function entry(platform: string): Descriptor {
  const [os = "", architecture = "", variant] = platform.split("/");
  const descriptor = {
    mediaType: OCI_MANIFEST,
    digest: digestOf(platform),
    size: 1,
  };
  if (platform === "") return descriptor;
  const described = { os, architecture };
  return {
    ...descriptor,
    platform: variant === undefined ? described : { ...described, variant },
  };
}

Deno.test("platformOf() requires both a system and an architecture", () => {
  const bare = { os: "linux", architecture: "arm" };
  const made = { ...bare, variant: undefined };
  assertEquals(platformOf(made), bare);
  assertEquals(platformOf({ ...made, variant: "v7" }), {
    ...bare,
    variant: "v7",
  });
  assertEquals(platformOf({ ...made, os: "" }), undefined);
  assertEquals(platformOf({ ...made, architecture: "" }), undefined);
});

Deno.test("parsePlatform() takes two or three parts of 64 letters", async (t) => {
  const long = "a".repeat(64);
  const good = `${long}/${long}/${long}`;
  assertEquals(platformText(parsePlatform(good)), good);
  const bad = [
    ...["", "linux", "linux/", "/amd64", "linux/amd64/", "a/b/c/d", "a b/c"],
    ...[`${long}a/b`, `a/${long}a`, `a/b/${long}a`, "linux/amd64\n"],
  ];
  for (const text of bad) {
    await t.step(JSON.stringify(text).slice(0, 30), () => {
      assertThrows(
        () => parsePlatform(text),
        SyntaxError,
        "expected os/architecture or os/architecture/variant",
      );
    });
  }
});

Deno.test("parsePlatform() gives Go's spelling to all that mean the same", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["Linux/X86_64", "linux/amd64"],
    ["linux/x86-64", "linux/amd64"],
    ["linux/amd64/v1", "linux/amd64"],
    ["linux/amd64/1", "linux/amd64"],
    ["linux/amd64/v2", "linux/amd64/v2"],
    ["linux/aarch64", "linux/arm64"],
    ["linux/arm64/v8", "linux/arm64"],
    ["linux/arm64/8", "linux/arm64"],
    ["linux/arm64/v1", "linux/arm64/v1"],
    ["linux/arm64/v9", "linux/arm64/v9"],
    ["linux/armhf", "linux/arm/v7"],
    ["linux/armhf/v6", "linux/arm/v7"],
    ["linux/armel", "linux/arm/v6"],
    ["linux/arm/v8", "linux/arm/v8"],
    ["linux/arm/v1", "linux/arm/v1"],
    ["linux/arm/10", "linux/arm/10"],
    ["linux/i386", "linux/386"],
    ["linux/i686", "linux/386"],
    ["linux/386/v1", "linux/386/v1"],
  ];
  for (const [text, expected] of cases) {
    await t.step(text, () => {
      assertEquals(platformText(parsePlatform(text)), expected);
    });
  }
});
