/** Opens blobs wherever they are. */

import type { BlobAccess, OpenBlobOptions } from "../formats/blob_source.ts";
import type { Bytes } from "../formats/bytes.ts";
import type { Descriptor } from "../formats/descriptor.ts";
import { openLayoutBlob } from "../image/layout_source.ts";
import { RegistryError } from "../image_errors.ts";
import { openBlob } from "../registry/open_blob.ts";

/** Opens a blob of any source. Its bytes are unproven. */
export function openAnyBlob(
  access: BlobAccess,
  blob: Descriptor,
  options: OpenBlobOptions = {},
): Promise<ReadableStream<Bytes>> {
  switch (access.kind) {
    case "http":
      return openBlob(access, blob, options);
    case "layout":
      return openLayoutBlob(access, blob, options);
    case "memory": {
      const bytes = access.blobs.get(blob.digest);
      if (bytes === undefined) {
        throw new RegistryError(`Cannot open blob "${blob.digest}": unknown`);
      }
      const rest = bytes.subarray(options.offset ?? 0);
      return Promise.resolve(new Blob([rest]).stream());
    }
  }
}
