/** CRI's ImageService: the images of a store, for a kubelet. */

import type { Agent, Log } from "../../engine/agent.ts";
import {
  type RemovedImage,
  removeImageInto,
} from "../../engine/cleanup/remove_image.ts";
import {
  type ImageDetails,
  type ImageSummary,
  inspectImage,
  listImages,
} from "../../engine/images/list_images.ts";
import { ImageNotFoundError } from "../../errors/not_found_errors.ts";
import type {
  ImageFilter,
  ImageService,
  ImageSpec,
  ImageStatusRequest,
} from "../api/api_pb.js";
import type { CallContext, ServiceMethods } from "../grpc/service_methods.ts";
import { inParts } from "../runtime/state/in_parts.ts";
import { openTrash } from "../../store/layers/trash.ts";
import type { EmptyingTrash } from "./emptying_trash.ts";
import type { ImageFileSystems } from "./image_file_systems.ts";
import { ImageUsers } from "./image_users.ts";
import { pullForPod } from "./pull_for_pod.ts";
import type { SharedPulls } from "./shared_pulls.ts";
import { type ImageMessage, toImage } from "./to_image.ts";

/** Options of the service. */
export interface ImageServiceOptions {
  readonly agent: Agent;
  readonly pulls: SharedPulls;
  readonly fileSystems: ImageFileSystems;
  readonly trash: EmptyingTrash;
  readonly log: Log;
  /** Waits for running removals of containers, which still use images. */
  readonly settleContainers: () => Promise<void>;
}

type Methods = Required<ServiceMethods<typeof ImageService>>;

/** Makes the service's methods. */
export function imageService(options: ImageServiceOptions): Methods {
  const { agent, fileSystems, log } = options;
  const users = new ImageUsers(agent);
  const list = async (
    filter: ImageFilter | undefined,
    call: CallContext,
  ): Promise<ImageMessage[]> => {
    const images = await findImages(agent, filter, call);
    return images.map((image) => toImage(image, users.userOf(image.id)));
  };
  return {
    listImages: async ({ filter }, call) => ({
      images: await list(filter, call),
    }),
    async *streamImages({ filter }, call) {
      const images = await list(filter, call);
      for (const part of inParts(images)) yield { images: part };
    },
    imageStatus: (request, call) => tellStatus(agent, request, call),
    async pullImage({ image, auth }, { signal }) {
      const request = { image: nameIn(image), auth, signal };
      const id = await pullForPod(options, request);
      fileSystems.forget();
      return { imageRef: id };
    },
    async removeImage({ image }, { signal }) {
      const name = nameIn(image);
      try {
        const { deleted } = await remove(options, name, signal);
        fileSystems.forget();
        for (const id of deleted) {
          users.forget(id);
          log("info", "removed an image", { image: name, id });
        }
      } catch (error) {
        if (!(error instanceof ImageNotFoundError)) throw error;
      }
      return {};
    },
    imageFsInfo: (_request, { signal }) => fileSystems.measure({ signal }),
  };
}

/** Its files are deleted after the response. */
async function remove(
  { agent, trash, settleContainers }: ImageServiceOptions,
  nameOrId: string,
  signal: AbortSignal,
): Promise<RemovedImage> {
  await settleContainers();
  const files = openTrash(agent.store);
  try {
    const options = { nameOrId, signal, names: "all" } as const;
    return await removeImageInto(files, agent, options);
  } finally {
    trash.add(files);
  }
}

async function findImages(
  agent: Agent,
  filter: ImageFilter | undefined,
  { signal }: CallContext,
): Promise<readonly ImageSummary[]> {
  const name = filter?.image?.image ?? "";
  if (name === "") return await listImages(agent, { signal });
  const image = await findImage(agent, name, signal);
  return image === undefined ? [] : [image];
}

async function findImage(
  agent: Agent,
  name: string,
  signal: AbortSignal,
): Promise<ImageDetails | undefined> {
  try {
    return await inspectImage(agent, name, { signal });
  } catch (error) {
    if (error instanceof ImageNotFoundError) return undefined;
    throw error;
  }
}

async function tellStatus(
  agent: Agent,
  { image: spec, verbose }: ImageStatusRequest,
  { signal }: CallContext,
): Promise<{ image?: ImageMessage; info?: Record<string, string> }> {
  const image = await findImage(agent, nameIn(spec), signal);
  if (image === undefined) return {}; // CRI requires this to be no error
  const told = toImage(image, image.config?.config.User ?? "");
  return verbose ? { image: told, info: { info: explain(image) } } : {
    image: told,
  };
}

/** The text that `crictl inspecti` shows, as in other runtimes. */
function explain(image: ImageDetails): string {
  const { config, digest, layers, layerSizes, names, usedBy } = image;
  return JSON.stringify({
    labels: config?.config.Labels ?? {},
    imageSpec: config,
    digest,
    names,
    layers: layers.map((id, index) => ({ id, size: layerSizes[index] })),
    usedBy,
    lastUsed: image.lastUsed,
  });
}

/** @throws {TypeError} If it names none. */
function nameIn(spec: ImageSpec | undefined): string {
  const name = spec?.image || spec?.imageRef || "";
  if (name === "") throw new TypeError('Cannot use image "": no name is given');
  return name;
}
