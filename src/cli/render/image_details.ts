/** All that is known of an image, as podman's `image inspect` shows it. */

import { join } from "@std/path";
import type { ImageDetails } from "../../engine/images/list_images.ts";
import type { RunDefaults } from "../../formats/oci/image_config.ts";
import { imageToJson } from "./image_rows.ts";
import {
  GoMap,
  type GoStruct,
  GoTime,
  toGoSet,
  toGoValue,
} from "./template/go_values.ts";

/**
 * Describes an image, with podman's member names.
 *
 * @param home The directory of the layers.
 */
export function imageDetails(
  image: ImageDetails,
  { home }: { readonly home: string },
): GoStruct {
  const { config, manifest } = image;
  const run = config?.config;
  const history = config?.history ?? [];
  return {
    ...imageToJson(image),
    Created: new GoTime(config?.created ?? image.created),
    Parent: "",
    Comment: history.at(-1)?.comment ?? "",
    Author: config?.author ?? "",
    Architecture: config?.architecture ?? "",
    Os: config?.os ?? "",
    Variant: config?.variant ?? "",
    VirtualSize: image.size,
    User: run?.User ?? "",
    Labels: new GoMap(Object.entries(run?.Labels ?? {})),
    Annotations: toGoValue(memberOf(manifest, "annotations")) ?? new GoMap(),
    ManifestType: memberOf(manifest, "mediaType") ?? "",
    Config: run === undefined ? null : describeRun(run),
    RootFS: { Type: "layers", Layers: config?.rootfs.diff_ids ?? [] },
    History: history.map((step) => ({
      ...step,
      created: step.created === undefined ? null : new GoTime(step.created),
    })),
    GraphDriver: { Name: "overlay", Data: describeLayers(image, home) },
    NamesHistory: image.namesHistory,
    Manifest: toGoValue(manifest),
  };
}

/** As image configs have it, where lists of names are the keys of maps. */
function describeRun(run: RunDefaults): GoStruct {
  return {
    ...run,
    ExposedPorts: toGoSet(run.ExposedPorts),
    Volumes: toGoSet(run.Volumes),
    Labels: new GoMap(Object.entries(run.Labels)),
  };
}

/** The topmost layer, and those below it, the nearest first. */
function describeLayers({ layers }: ImageDetails, home: string): GoMap {
  const [top, ...others] = layers.toReversed();
  if (top === undefined) return new GoMap();
  const lower = others.map((id) => join(home, id, "diff")).join(":");
  return new GoMap([
    ...(lower === "" ? [] : [["LowerDir", lower] as const]),
    ["UpperDir", join(home, top, "diff")],
    ["WorkDir", join(home, top, "work")],
  ]);
}

function memberOf(object: unknown, name: string): unknown {
  const isObject = typeof object === "object" && object !== null;
  return isObject ? Reflect.get(object, name) : undefined;
}
