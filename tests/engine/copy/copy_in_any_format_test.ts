import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { gzipSync } from "node:zlib";
import { copyInAnyFormat } from "../../../src/engine/copy/copy_in_any_format.ts";
import type { MediumSinkOptions } from "../../../src/engine/media/medium_sink.ts";
import { RegistryError } from "../../../src/errors/image_errors.ts";
import type { RawManifest } from "../../../src/formats/oci/blob_source.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import {
  DOCKER_MANIFEST,
  OCI_MANIFEST,
} from "../../../src/formats/oci/media_types.ts";
import { openLayout } from "../../../src/transports/layout_source.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { archive, file } from "../../support/images/tar_builder.ts";
import { memoryMedium } from "../../support/memory/memory_medium.ts";
import { tempDir } from "../../support/temp_dir.ts";

const TAR = archive(file("a", "a".repeat(900)));
const LAYER = {
  blob: new Uint8Array(gzipSync(TAR)),
  diffId: digestOf(TAR),
};
const PLATFORM = { os: "linux", architecture: "amd64" };

function refused(status: number, code: string): RegistryError {
  return new RegistryError(`refused: ${code}`, { status, code });
}

/** Copies an image of OCI's into a medium that does not take all. */
async function copyInto(
  check: (manifest: RawManifest) => void,
  options: MediumSinkOptions = {},
) {
  using dir = tempDir();
  await writeLayout(dir.path, [LAYER]);
  const source = await openLayout(dir.path);
  const medium = memoryMedium({ check });
  const warnings: string[] = [];
  const written = await copyInAnyFormat({ source, medium }, {
    ...options,
    platform: PLATFORM,
    onWarning: (message) => warnings.push(message),
  });
  return { written, medium, warnings };
}

function refusing(mediaType: string, error: Error) {
  return (manifest: RawManifest) => {
    if (manifest.mediaType === mediaType) throw error;
  };
}

Deno.test("copyInAnyFormat() takes the image's format if that is taken", async () => {
  const { written, warnings } = await copyInto(() => {});
  assertEquals(written.mediaType, OCI_MANIFEST);
  assertEquals(warnings, []);
});

Deno.test("copyInAnyFormat() tries the other format where one is refused", async (t) => {
  const refusals = [
    refused(415, ""),
    refused(400, "MANIFEST_INVALID"),
    refused(404, "TAG_INVALID"),
    refused(499, "UNSUPPORTED"),
  ];
  for (const error of refusals) {
    await t.step(`${error.status} ${error.code}`, async () => {
      const check = refusing(OCI_MANIFEST, error);
      const { written, medium, warnings } = await copyInto(check);
      assertEquals(written.mediaType, DOCKER_MANIFEST);
      assertEquals(medium.manifests.length, 1);
      assertEquals(warnings.length, 1);
      assertStringIncludes(warnings[0] ?? "", "trying format v2s2");
    });
  }
  await t.step("an image of Docker's where only OCI's are taken", async () => {
    using dir = tempDir();
    await writeLayout(dir.path, [LAYER]);
    const first = memoryMedium({ manifestTypes: [DOCKER_MANIFEST] });
    const platform = PLATFORM;
    const source = await openLayout(dir.path);
    await copyInAnyFormat({ source, medium: first }, { platform });
    const [raw] = first.manifests;
    if (raw === undefined) throw new TypeError("no manifest");
    const ofDocker = {
      ...source,
      fetchManifest: () => Promise.resolve(raw),
      open: ({ digest }: { readonly digest: RawManifest["digest"] }) => {
        const bytes = first.blobs.get(digest) ?? new Uint8Array();
        return Promise.resolve(new Blob([bytes]).stream());
      },
    };
    const check = refusing(DOCKER_MANIFEST, refused(415, ""));
    const medium = memoryMedium({ check });
    const move = { source: ofDocker, medium };
    const { mediaType } = await copyInAnyFormat(move, { platform });
    assertEquals(mediaType, OCI_MANIFEST);
  });
});

Deno.test("copyInAnyFormat() fails with what was said first", async (t) => {
  const error = refused(400, "MANIFEST_INVALID");
  const check = refusing(OCI_MANIFEST, error);
  const fixed: Readonly<Record<string, MediumSinkOptions>> = {
    "a format is wanted": { format: "oci" },
    "digests are to stay": { preserveDigests: true },
    "Docker's has no such layers": { packing: { format: "zstd" } },
  };
  for (const [name, options] of Object.entries(fixed)) {
    await t.step(name, async () => {
      const caught = await assertRejects(() => copyInto(check, options));
      assertEquals(caught, error);
    });
  }
  await t.step("both are refused", async () => {
    const caught = await assertRejects(() =>
      copyInto(({ mediaType }) => {
        throw mediaType === OCI_MANIFEST ? error : refused(415, "");
      })
    );
    assertEquals(caught, error);
  });
  await t.step("the second fails for another reason", async () => {
    const lost = new RegistryError("lost", { reason: "unreachable" });
    const caught = await assertRejects(() =>
      copyInto(({ mediaType }) => {
        throw mediaType === OCI_MANIFEST ? error : lost;
      })
    );
    assertEquals(caught, lost);
  });
  for (const other of [refused(500, "UNSUPPORTED"), refused(401, "DENIED")]) {
    await t.step(`${other.status} is no question of the format`, async () => {
      const caught = await assertRejects(() =>
        copyInto(refusing(OCI_MANIFEST, other))
      );
      assertEquals(caught, other);
    });
  }
});
