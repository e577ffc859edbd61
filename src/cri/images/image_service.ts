/** CRI's ImageService: the images of a store, for a kubelet. */

import type { Agent, Log } from "../../engine/agent.ts";
import {
  type RemovedImage,
  removeImageInto,
} from "../../engine/cleanup/remove_image.ts";
import {
  type KnownImage,
  KnownImages,
} from "../../engine/images/known_images.ts";
import {
  type ImageDetails,
  inspectImage,
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
  const known = new KnownImages(agent);
  const list = async (
    filter: ImageFilter | undefined,
    call: CallContext,
  ): Promise<ImageMessage[]> => {
    const images = await findImages(known, filter, call);
    return images.map(toImage);
  };
  return {
    listImages: async ({ filter }, call) => ({
      images: await list(filter, call),
    }),
    async *streamImages({ filter }, call) {
      const images = await list(filter, call);
      for (const part of inParts(images)) yield { images: part };
    },
    imageStatus: (request, call) => tellStatus({ agent, known }, request, call),
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
  known: KnownImages,
  filter: ImageFilter | undefined,
  { signal }: CallContext,
): Promise<readonly KnownImage[]> {
  const name = filter?.image?.image ?? "";
  if (name === "") return await known.list({ signal });
  const image = await known.find(name, { signal });
  return image === undefined ? [] : [image];
}

async function tellStatus(
  { agent, known }: { readonly agent: Agent; readonly known: KnownImages },
  { image: spec, verbose }: ImageStatusRequest,
  { signal }: CallContext,
): Promise<{ image?: ImageMessage; info?: Record<string, string> }> {
  const image = await known.find(nameIn(spec), { signal });
  if (image === undefined) return {}; // CRI requires this to be no error
  if (!verbose) return { image: toImage(image) };
  const details = await inspectImage(agent, image.id, { signal });
  return { image: toImage(image), info: { info: explain(details) } };
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
