/** Copies images into layouts, as callers of the library do. */

import { openMediumSink } from "../../../src/engine/media/medium_sink.ts";
import {
  copyImage,
  type CopyImageOptions,
} from "../../../src/engine/transfer/copy_image.ts";
import type { ImageSource } from "../../../src/formats/oci/blob_source.ts";
import {
  type LayoutMediumOptions,
  openLayoutMedium,
} from "../../../src/transports/layout_medium.ts";

/** Copies an image; the layout is as it was if that fails. */
export async function copyToLayout(
  source: ImageSource,
  layout: string,
  options: CopyImageOptions & LayoutMediumOptions,
): Promise<void> {
  await using medium = await openLayoutMedium(layout, options);
  await copyImage(source, openMediumSink(medium), options);
  await medium.commit();
}
