/** How a kubelet knows an image: the same text in all calls. */

import type { ImageId } from "../../formats/storage/store_ids.ts";

/**
 * The ID of an image, of a container's image, and what a pull answers: kubelets
 * compare them as they are. It is the store's own, so that people find it there.
 */
export function imageRefOf(id: ImageId): string {
  return id;
}
