/** Archives of `docker save`, made by code. */

import { gunzipSync, gzipSync } from "node:zlib";
import { toBinaryString } from "../../../src/formats/binary_string.ts";
import { type Bytes, toText } from "../../../src/formats/bytes.ts";
import type { Descriptor } from "../../../src/formats/oci/descriptor.ts";
import { hexOf } from "../../../src/formats/oci/digest.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { archive, file, type Member } from "./tar_builder.ts";
import type { TestImage } from "./test_layout.ts";

/** What `manifest.json` says of an image. */
export interface DockerItem {
  readonly Config: string;
  readonly RepoTags: readonly string[] | null;
  readonly Layers: readonly string[];
}

/** The parts of an archive with one image. */
export interface DockerParts {
  readonly item: DockerItem;
  /** Its config and layers. */
  readonly members: readonly Member[];
  /** Its plain layers. */
  readonly layers: readonly Bytes[];
}

/** Takes an image of a layout apart, as it goes into an archive. */
export function dockerParts(
  { layout, config, layers }: TestImage,
  { names = ["localhost/one:1"], packed = false } = {},
): DockerParts {
  const read = ({ digest }: Descriptor) =>
    new Uint8Array(
      Deno.readFileSync(`${layout}/blobs/sha256/${hexOf(digest)}`),
    );
  const plain = layers.map((layer) => new Uint8Array(gunzipSync(read(layer))));
  const paths = plain.map((bytes) => `${hexOf(digestOf(bytes))}.tar`);
  const Config = `${hexOf(config.digest)}.json`;
  return {
    item: { Config, RepoTags: names, Layers: paths },
    members: [
      ...plain.map((bytes, index) =>
        file(
          paths[index] ?? "",
          toBinaryString(packed ? gzipSync(bytes) : bytes),
        )
      ),
      file(Config, toText(read(config))),
    ],
    layers: plain,
  };
}

/** Puts images together. */
export function dockerArchive(...images: readonly DockerParts[]): Bytes {
  const list = JSON.stringify(images.map(({ item }) => item));
  return archive(
    ...images.flatMap(({ members }) => members),
    file("manifest.json", list),
  );
}
