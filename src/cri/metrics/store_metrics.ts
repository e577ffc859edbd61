/** What the store takes, as ImageFsInfo tells. */

import type { Gauge } from "../../formats/config/prometheus_text.ts";
import type { ImageFileSystems } from "../images/image_file_systems.ts";

/** Asks for it; it is as old as ImageFsInfo's answers are. */
export async function readStoreMetrics(
  fileSystems: ImageFileSystems,
): Promise<readonly Gauge[]> {
  const { images, containers } = await fileSystems.read({});
  const kinds = [
    { labels: { kind: "images" }, size: images },
    { labels: { kind: "containers" }, size: containers },
  ];
  return [
    {
      name: "orlop_store_used_bytes",
      help: "What images and what containers take.",
      samples: kinds.map(({ labels, size }) => ({ labels, value: size.bytes })),
    },
    {
      name: "orlop_store_used_inodes",
      help: "How many files, directories and links they have.",
      samples: kinds.map(({ labels, size }) => ({
        labels,
        value: size.inodes,
      })),
    },
  ];
}
