/** What is known of an image elsewhere, as `skopeo inspect` shows it. */

import type { ImageLookup } from "../../engine/lookup/look_up_image.ts";
import { toText } from "../../formats/bytes.ts";
import { GoMap, type GoStruct, GoTime } from "./template/go_values.ts";

/** Describes an image, with skopeo's members in skopeo's order. */
export function lookupDetails(image: ImageLookup): GoStruct {
  const { repository, digest, tags, config, manifest } = image;
  const { layers } = manifest;
  const { Env: env, Labels: labels } = config.config;
  return {
    ...repository !== undefined && { Name: repository },
    Digest: digest,
    RepoTags: tags,
    Created: config.created === undefined ? null : new GoTime(config.created),
    DockerVersion: dockerVersionOf(image),
    // Go writes null for a map or a list that was never made.
    Labels: toMap(labels),
    Architecture: config.architecture,
    Os: config.os,
    Layers: layers.map(({ digest }) => digest),
    ...layers.length > 0 && {
      LayersData: layers.map(({ mediaType, digest, size, annotations }) => ({
        MIMEType: mediaType,
        Digest: digest,
        Size: size,
        Annotations: toMap(annotations),
      })),
    },
    Env: env.length === 0 ? null : env,
  };
}

function toMap(
  entries: Readonly<Record<string, string>> | undefined = {},
): GoMap | null {
  const map = new GoMap(Object.entries(entries));
  return map.size === 0 ? null : map;
}

/** It was checked to be a text, and is nowhere else of use. */
function dockerVersionOf({ configBytes }: ImageLookup): unknown {
  return JSON.parse(toText(configBytes))["docker_version"] ?? "";
}
