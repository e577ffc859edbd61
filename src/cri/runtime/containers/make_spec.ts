/** Makes a container's OCI configuration, and mounts the images that it sees. */

import { create } from "@bufbuild/protobuf";
import { findWantedImage } from "../../../engine/images/find_image.ts";
import { loadShortNames } from "../../../engine/images/short_names.ts";
import type { Sandbox } from "../../../engine/sandboxes/sandbox.ts";
import type { RuntimeSpec } from "../../../formats/oci/runtime_spec.ts";
import type {
  ContainerId,
  ImageId,
} from "../../../formats/storage/store_ids.ts";
import { ImageSpecSchema, type Mount } from "../../api/api_pb.js";
import { makeContainerSpec } from "../../spec/make_container_spec.ts";
import type { RuntimeContext } from "../runtime_context.ts";
import type { CheckedContainer } from "./check_container.ts";

/** The result, before the container is created. */
export interface MadeSpec {
  readonly spec: RuntimeSpec;
  readonly imageId: ImageId;
  /** The mounts for its status. */
  readonly mounts: readonly Mount[];
}

/**
 * Makes a container's configuration. Images that it sees are mounted then.
 *
 * @throws As `makeContainerSpec()` does.
 */
export async function makeSpec(
  { agent, settings }: Pick<RuntimeContext, "agent" | "settings">,
  id: ContainerId,
  { config, image, sandbox }: CheckedContainer & { readonly sandbox: Sandbox },
): Promise<MadeSpec> {
  const volumes = config.mounts.flatMap(({ image }) => image?.image || []);
  const names = [image.image, ...volumes];
  const [imageId, ...volumeIds] = await findImages({ agent }, names);
  if (imageId === undefined) throw new TypeError("Cannot use no image");
  const ids = volumeIds[Symbol.iterator]();
  const mounts = config.mounts.map((mount) =>
    mount.image?.image ? withId(mount, ids.next().value ?? "") : mount
  );
  const spec = await makeContainerSpec(agent, {
    id,
    config,
    sandbox,
    image: imageId,
    cgroupManager: settings.cgroupManager,
  });
  return { spec, imageId, mounts };
}

async function findImages(
  { agent }: Pick<RuntimeContext, "agent">,
  names: readonly string[],
): Promise<readonly ImageId[]> {
  const conf = await loadShortNames(agent, names);
  using held = await agent.store.lock({ images: "read" });
  return names.map((imageName) =>
    findWantedImage(held.images, { imageName }, conf).image.id
  );
}

function withId(mount: Mount, imageRef: string): Mount {
  const { image = create(ImageSpecSchema) } = mount;
  return { ...mount, image: { ...image, imageRef } };
}
