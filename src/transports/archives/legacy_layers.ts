/**
 * What Dockers before 1.10 read of an archive: Docker's image specification v1.0,
 * with IDs as containers/image makes them.
 */

import { toGoJson } from "../../formats/go_json.ts";
import { asObject, parseJson } from "../../formats/json.ts";
import { type Digest, hexOf } from "../../formats/oci/digest.ts";
import { digestOf } from "../../formats/oci/digest_of.ts";

/** A layer as an image of its own, as it was once. */
export interface LegacyLayer {
  /** 64 hex digits. */
  readonly id: string;
  /** What its file `json` says. */
  readonly json: string;
  /** Of its plain tar. */
  readonly diffId: Digest;
}

/** In the order of Go's maps. */
const CONFIG_KEYS = [
  ...["architecture", "config", "container", "container_config", "created"],
  ...["docker_version", "os"],
];

/**
 * Makes the layers of an image, from the base up.
 *
 * @param config The image's config: the top layer tells most of it.
 * @throws {SyntaxError} If it is no JSON.
 */
export function legacyLayersOf(
  diffIds: readonly Digest[],
  config: Uint8Array,
): readonly LegacyLayer[] {
  const layers: LegacyLayer[] = [];
  let chainId: Digest | undefined;
  for (const [index, diffId] of diffIds.entries()) {
    chainId = chainId === undefined ? diffId : digestOf(`${chainId} ${diffId}`);
    const parent = layers.at(-1)?.id;
    const own = index === diffIds.length - 1 ? topMembers(config) : {};
    const { os, ...early } = own;
    // Go writes the members of a map by their names: those after os come last.
    const rest = { os, parent };
    const text = toGoJson({ ...early, "layer_id": chainId, ...rest });
    const id = hexOf(digestOf(text));
    layers.push({ id, json: toGoJson({ ...early, id, ...rest }), diffId });
  }
  return layers;
}

function topMembers(config: Uint8Array): Record<string, unknown> {
  const what = "the config of an image";
  const members = asObject(parseJson(config, what, AS_WRITTEN), what);
  return Object.fromEntries(
    CONFIG_KEYS.map((key) => [key, members[key] ?? null]),
  );
}

const AS_WRITTEN = { numbers: "as-written" } as const;
