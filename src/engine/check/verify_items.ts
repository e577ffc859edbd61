/** Reads what images and containers have besides their layers. */

import { whyOf } from "../../errors/why.ts";
import { DamagedFileError } from "../../errors/store_errors.ts";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import type { READ_LOCKS } from "../../store/records/tables.ts";
import type { HeldStore } from "../../store/store.ts";
import type { Agent } from "../agent.ts";
import { ownerOf } from "../container_owner.ts";
import { readTemplate } from "../parse_stored.ts";
import { adviseOnTemplate, adviseToPull } from "./check_objects.ts";
import type { CheckedObject } from "./checked_object.ts";
import { verifyImage } from "./verify_image.ts";

/** Verifies the content of an object whose files are complete. */
export function verifyItems(
  agent: Agent,
  { layers, images, containers }: HeldStore<typeof READ_LOCKS>,
  object: CheckedObject,
): CheckedObject {
  if (object.state !== "ok") return object;
  switch (object.kind) {
    case "image": {
      const image = images.lookUp(object.id);
      if (image === undefined) return object;
      return judge(object, {
        faults: verifyImage(agent.store.paths, layers, image),
        advice: adviseToPull(image),
      });
    }
    case "container": {
      const container = containers.lookUp(object.id);
      if (container === undefined) return object;
      return judge(object, {
        faults: verifyTemplate(agent, container),
        advice: adviseOnTemplate(container),
      });
    }
    case "layer":
    case "leftover":
    case "mount":
    case "table":
      return object;
  }
}

function judge(
  object: CheckedObject,
  { faults, advice }: {
    readonly faults: readonly string[];
    readonly advice: string;
  },
): CheckedObject {
  return faults.length === 0
    ? object
    : { ...object, state: "damaged", damage: "content", faults, advice };
}

/** A container of another tool has none of orlop's. */
function verifyTemplate(
  agent: Agent,
  container: ContainerRecord,
): readonly string[] {
  if (ownerOf(agent.store, container) !== "orlop") return [];
  try {
    readTemplate(agent, container.id);
    return [];
  } catch (error) {
    if (!(error instanceof DamagedFileError)) throw error;
    return [`${error.path}: ${whyOf(error.cause ?? error)}`];
  }
}
