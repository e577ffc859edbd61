/** `orlop inspect`. */

import type { Agent } from "../../engine/agent.ts";
import { inspectContainer } from "../../engine/containers/inspect_container.ts";
import {
  listContainers,
  listPods,
} from "../../engine/containers/list_containers.ts";
import { inspectImage } from "../../engine/images/list_images.ts";
import { NotFoundError } from "../../errors/not_found_errors.ts";
import { showTyped } from "../../formats/oci/reference.ts";
import { hasTransport } from "../../formats/oci/transport_reference.ts";
import type { Call } from "../command.ts";
import { findContainer, findPod } from "../input/find_container.ts";
import { forEachName, isAbsence } from "../input/for_each_name.ts";
import { openSession } from "../open_session.ts";
import { containerDetails } from "../render/container_details.ts";
import { imageDetails } from "../render/image_details.ts";
import { podToJson } from "../render/pod_to_json.ts";
import { showObjects } from "../render/show_objects.ts";
import type { GoStruct } from "../render/template/go_values.ts";
import type { INSPECT } from "../table/other_commands.ts";

/** Shows all about what has a name or an ID. */
export async function run(call: Call<typeof INSPECT>): Promise<void> {
  const { flags, terminal, signal } = call;
  const { type } = flags;
  using session = openSession(call, { purpose: "read" });
  const finders = type === "all" ? Object.values(FINDERS) : [FINDERS[type]];
  const shown: GoStruct[] = [];
  try {
    await forEachName(call.arguments, { signal }, async (name) => {
      shown.push(await findFirst(name, finders));
    });
  } finally {
    showObjects(shown, flags, terminal); // what was found, as podman does
  }

  async function findFirst(
    name: string,
    [find, ...others]: readonly Finder[],
  ): Promise<GoStruct> {
    if (find === undefined) {
      const elsewhere = hasTransport(name)
        ? '; for an image elsewhere use "orlop image inspect"'
        : "";
      throw new NotFoundError(
        `Cannot find "${showTyped(name)}": no container, image or pod has ` +
          `this name or ID${elsewhere}`,
      );
    }
    try {
      return await find(session.agent, name, { signal });
    } catch (error) {
      const isLast = others.length === 0 && type !== "all";
      if (isLast || !isAbsence(error)) throw error;
      return await findFirst(name, others);
    }
  }
}

type Finder = (
  agent: Agent,
  name: string,
  options: { readonly signal: AbortSignal },
) => Promise<GoStruct>;

/** In podman's order. */
const FINDERS: Readonly<Record<"container" | "image" | "pod", Finder>> = {
  async container(agent, name, options) {
    const all = await listContainers(agent, options);
    const { id } = findContainer(all, name);
    return containerDetails(await inspectContainer(agent, id, options));
  },
  async image(agent, name, options) {
    const image = await inspectImage(agent, name, options);
    return imageDetails(image, agent.store.paths);
  },
  async pod(agent, name, options) {
    return podToJson(findPod(await listPods(agent, options), name));
  },
};
