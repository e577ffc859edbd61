/** An image in CRI's form. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import type { KnownImage } from "../../engine/images/known_images.ts";
import type { ImageSchema } from "../api/api_pb.js";

/** An image in a response. */
export type ImageMessage = MessageInitShape<typeof ImageSchema>;

/**
 * Makes the message of an image. Its ID, that of a container's image, and the
 * response of a pull are the same text, as kubelets compare them: the ID in the
 * store.
 */
export function toImage(image: KnownImage): ImageMessage {
  const { id } = image;
  return {
    id,
    repoTags: image.names.filter((name) => !name.includes("@")),
    repoDigests: [...image.repoDigests],
    size: BigInt(image.size),
    pinned: image.pinned,
    spec: { image: id },
    ...toUser(image.user),
  };
}

// The largest user ID of the kernel: -1 is no user.
const MAX_UID = 2n ** 32n - 2n;

function toUser(user: string): Pick<ImageMessage, "uid" | "username"> {
  const [name = ""] = user.split(":");
  if (name === "") return {};
  const isNumber = /^\d{1,10}$/.test(name) && BigInt(name) <= MAX_UID;
  return isNumber ? { uid: { value: BigInt(name) } } : { username: name };
}
