/** Image configs as `skopeo inspect --config` shows them: OCI's members only. */

import type { ImageLookup } from "../../engine/lookup/look_up_image.ts";
import { toText } from "../../formats/bytes.ts";
import { isObject } from "../../formats/json.ts";
import { type GoStruct, isStruct, toGoValue } from "./template/go_values.ts";

// In the order of Go's structs, image-spec v1.1; `null` is as absent.
const IMAGE = [
  ...["created", "author", "architecture", "variant", "os", "os.version"],
  ...["os.features", "config", "rootfs", "history"],
];
const RUN = [
  ...["User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes"],
  ...["WorkingDir", "Labels", "StopSignal", "ArgsEscaped"],
];
const ROOTFS = ["type", "diff_ids"];
const HISTORY = ["created", "created_by", "author", "comment", "empty_layer"];
// These are written also if there is nothing in them.
const ALWAYS = ["architecture", "os", "rootfs", "config", "type", "diff_ids"];

/** Describes the config of an image. Its types were checked when it came. */
export function ociConfig({ configBytes }: ImageLookup): GoStruct {
  const document: unknown = JSON.parse(toText(configBytes));
  const image = isObject(document) ? document : {};
  const history = Array.isArray(image["history"]) ? image["history"] : [];
  const run = isObject(image["config"]) ? image["config"] : {};
  const rootfs = isObject(image["rootfs"]) ? image["rootfs"] : {};
  return pick({
    ...image,
    config: pick(run, RUN),
    rootfs: pick({ type: "", "diff_ids": null, ...rootfs }, ROOTFS),
    history: history.map((step) => pick(isObject(step) ? step : {}, HISTORY)),
  }, IMAGE);
}

function pick(object: GoStruct, keys: readonly string[]): GoStruct {
  return Object.fromEntries(keys.flatMap((key) => {
    const value = object[key];
    if (isEmpty(value) && !ALWAYS.includes(key)) return [];
    return [[key, key in NESTED ? value : toGoValue(value)]];
  }));
}

const NESTED: Readonly<Record<string, true>> = {
  config: true,
  rootfs: true,
  history: true,
};

/** What Go's `omitempty` leaves out. */
function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isStruct(value)) return Object.keys(value).length === 0;
  return !value;
}
