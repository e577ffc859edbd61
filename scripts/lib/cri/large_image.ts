/** An image of the size of real ones, of files that Debian's packages have. */

import type { Node } from "./node.ts";
import { assembleImage, pushImage } from "./registry_image.ts";
import { KUBERNETES } from "./stand_in_images.ts";

/** Its name: three layers, compressed by gzip. */
export const LARGE_IMAGE = "registry.k8s.io/large:1";

// Thousands of files: text that compresses well, programs that do not.
const FOLDERS = ["usr/share/perl", "usr/lib/python3", "usr/lib/git-core"];

/** Makes it of this machine's files, and pushes it. */
export async function pushLargeImage(node: Node): Promise<void> {
  const layers = [];
  for (const folder of FOLDERS) {
    const { stdout } = await new Deno.Command("tar", {
      args: [
        ...["-C", "/", "--sort=name", "--owner=0", "--group=0"],
        ...["--ignore-failed-read", "-c", folder],
      ],
      stderr: "null",
    }).output();
    layers.push(stdout);
  }
  await pushImage(`http://${node.registry.host}`, {
    image: assembleImage(layers, {}, { compression: "gzip" }),
    repository: `${KUBERNETES}/large`,
    tag: "1",
  });
}
