/** `orlop image inspect`. */

import { type ImageDetails, inspectImage } from "../../runtime/list_images.ts";
import type { Call } from "../command.ts";
import { forEachName } from "../for_each_name.ts";
import { imageToJson } from "../image_rows.ts";
import { openSession } from "../open_session.ts";
import { showJson } from "../show_list.ts";
import type { INSPECT_IMAGE } from "../table/image_commands.ts";

/** Shows all about images, as a JSON array. */
export async function run(call: Call<typeof INSPECT_IMAGE>): Promise<void> {
  const { terminal, signal } = call;
  using session = openSession(call);
  const shown: unknown[] = [];
  try {
    await forEachName(call.arguments, { signal }, async (name) => {
      const image = await inspectImage(session.agent, name, { signal });
      shown.push(detailsToJson(image));
    });
  } finally {
    showJson(shown, terminal); // what was found, as podman does
  }
}

/** With podman's member names. */
function detailsToJson(image: ImageDetails): Record<string, unknown> {
  const { config, manifest } = image;
  return {
    ...imageToJson(image),
    Created: config?.created ?? image.created,
    Author: config?.author ?? "",
    Architecture: config?.architecture ?? "",
    Os: config?.os ?? "",
    Variant: config?.variant ?? "",
    Config: config?.config,
    RootFS: { Type: "layers", Layers: config?.rootfs.diff_ids ?? [] },
    History: config?.history ?? [],
    NamesHistory: image.namesHistory,
    Manifest: manifest,
  };
}
