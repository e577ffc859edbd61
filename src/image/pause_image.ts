/** The image of pods' infra containers, made here: no registry is needed. */

import { type Bytes, concatBytes, toBytes } from "../formats/bytes.ts";
import type { RawManifest } from "../formats/oci/blob_source.ts";
import type { Descriptor } from "../formats/oci/descriptor.ts";
import { type Digest, hexOf } from "../formats/oci/digest.ts";
import { digestOf } from "../formats/oci/digest_of.ts";
import { sum } from "../formats/sum.ts";
import { PAUSE_IMAGE_NAME } from "./pause_image_name.ts";
import { makePauseProgram, type PauseArchitecture } from "./pause_program.ts";

/** An image in memory. */
export interface PauseImage {
  /** Always {@linkcode PAUSE_IMAGE_NAME}. */
  readonly name: string;
  /** As a registry would send it. */
  readonly manifest: RawManifest;
  /** The config, and the only layer, by digest. */
  readonly blobs: ReadonlyMap<Digest, Bytes>;
  /**
   * The files of an OCI layout that holds it, by their path in it, such as
   * `blobs/sha256/…`: OCI image-layout.md.
   */
  readonly layout: ReadonlyMap<string, Bytes>;
}

// The same bytes at each run and release, so that the image keeps its ID.
const CREATED = new Date("2026-01-01T00:00:00Z");
const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";

/** Makes the pause image for a CPU; always the same bytes. */
export function makePauseImage(architecture: PauseArchitecture): PauseImage {
  const layer = makeLayer(makePauseProgram(architecture));
  const config = toJson(makeConfig(architecture, digestOf(layer)));
  const manifest = toJson({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: describe(config, "application/vnd.oci.image.config.v1+json"),
    layers: [describe(layer, "application/vnd.oci.image.layer.v1.tar")],
  });
  return {
    name: PAUSE_IMAGE_NAME,
    manifest: {
      bytes: manifest,
      mediaType: MANIFEST_TYPE,
      digest: digestOf(manifest),
    },
    blobs: new Map([config, layer].map((blob) => [digestOf(blob), blob])),
    layout: makeLayout(architecture, { manifest, others: [config, layer] }),
  };
}

function makeConfig(architecture: PauseArchitecture, diffId: Digest) {
  const created = CREATED.toISOString().replace(".000", "");
  return {
    created,
    architecture,
    os: "linux",
    // The user nobody: it needs no privileges.
    config: { User: "65535:65535", Entrypoint: ["/pause"], WorkingDir: "/" },
    rootfs: { type: "layers", "diff_ids": [diffId] },
    history: [{ created, "created_by": "orlop pause" }],
  };
}

function makeLayout(
  architecture: PauseArchitecture,
  { manifest, others }: { manifest: Bytes; others: readonly Bytes[] },
): ReadonlyMap<string, Bytes> {
  const index = {
    schemaVersion: 2,
    mediaType: INDEX_TYPE,
    manifests: [{
      ...describe(manifest, MANIFEST_TYPE),
      platform: { architecture, os: "linux" },
    }],
  };
  return new Map([
    ["oci-layout", toJson({ imageLayoutVersion: "1.0.0" })],
    ["index.json", toJson(index)],
    ...[manifest, ...others].map((blob): [string, Bytes] => [
      `blobs/sha256/${hexOf(digestOf(blob))}`,
      blob,
    ]),
  ]);
}

function describe(blob: Bytes, mediaType: string): Descriptor {
  return { mediaType, digest: digestOf(blob), size: blob.byteLength };
}

function toJson(value: unknown): Bytes {
  return toBytes(JSON.stringify(value));
}

// A tar's block, in bytes: POSIX.1-2024, pax, "ustar Interchange Format".
const BLOCK_BYTES = 512;

/** Packs the program as a tar of one file, `pause`. */
function makeLayer(program: Bytes): Bytes {
  const padding = -program.byteLength & (BLOCK_BYTES - 1);
  return concatBytes([
    tarHeader("pause", program.byteLength),
    program,
    new Uint8Array(padding + 2 * BLOCK_BYTES),
  ]);
}

function tarHeader(name: string, size: number): Bytes {
  const header = new Uint8Array(BLOCK_BYTES);
  const put = (text: string, at: number) => header.set(toBytes(text), at);
  const octal = (value: number, at: number, { digits }: { digits: number }) =>
    put(value.toString(8).padStart(digits, "0"), at);
  put(name, 0);
  octal(0o755, 100, { digits: 7 });
  octal(0, 108, { digits: 7 }); // The owner: root,
  octal(0, 116, { digits: 7 }); // and its group.
  octal(size, 124, { digits: 11 });
  octal(CREATED.getTime() / 1000, 136, { digits: 11 });
  put("0", 156); // A regular file.
  put("ustar\0" + "00", 257);
  put(" ".repeat(8), 148); // Counted so in the checksum.
  const checksum = sum(header);
  octal(checksum, 148, { digits: 6 });
  put("\0 ", 154);
  return header;
}
