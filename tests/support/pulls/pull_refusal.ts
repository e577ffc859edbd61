/** Pulls that must fail, and leave nothing. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import type { PullOptions } from "../../../src/engine/transfer/pull_image.ts";
import {
  OCI_INDEX,
  OCI_MANIFEST,
} from "../../../src/formats/oci/media_types.ts";
import { layerOf } from "../images/stacked_layout.ts";
import { pullStore } from "./pull_store.ts";
import {
  type MadeImage,
  makeImage,
  type Misbehave,
  noise,
  serveImage,
  withManifest,
} from "../servers/served_image.ts";

/** A pull that must fail and leave nothing. */
export interface Refusal {
  readonly image?: MadeImage;
  /** In place of the tag. */
  readonly reference?: string;
  readonly options?: PullOptions;
  readonly misbehave?: Misbehave;
  readonly code: number;
  /** All are in the message. */
  readonly says: readonly string[];
}

/** The layer of {@linkcode IMAGE}. */
export const LAYER = await layerOf({ "file.bin": noise(100_000) });
/** What is pulled unless a refusal has another one. */
export const IMAGE: MadeImage = makeImage([LAYER]);
/** Of its manifest, in an index. */
export const ENTRY = {
  ...IMAGE.manifest,
  platform: { os: "linux", architecture: "amd64" },
};

/** Tries some in turn, each in a step. */
export async function checkRefusals(
  t: Deno.TestContext,
  refusals: Readonly<Record<string, Refusal>>,
): Promise<void> {
  for (const [name, refusal] of Object.entries(refusals)) {
    await t.step(name, () => checkRefusal(refusal));
  }
}

/** Puts an index in front of an image. */
export function makeIndex(
  manifests: readonly unknown[],
  inner = IMAGE,
): MadeImage {
  return withManifest([inner], {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests,
  });
}

/** Sends other bytes under a digest. */
export function replace(
  digest: string,
  bytes: Uint8Array<ArrayBuffer>,
): Misbehave {
  return ({ name }) =>
    name === digest
      ? new Response(bytes, { headers: { "content-type": OCI_MANIFEST } })
      : undefined;
}

async function checkRefusal(
  { image = IMAGE, reference = ":1", options, misbehave, code, says }: Refusal,
): Promise<void> {
  using store = pullStore();
  await using registry = serveImage(image, misbehave);
  const failed = await store.fail(`${registry.host}/app${reference}`, options);
  for (const text of says) assertStringIncludes(failed.message, text);
  assertEquals(failed.code, code, failed.message);
  assertEquals(failed.message.split("\n").length, 1);
  assertStringIncludes(failed.message, "Cannot ");
  assertEquals(store.contents(), []);
  assertEquals(store.check(), []);
}
