/** OCI layouts whose layers are given as maps of files. */

import { TarStream, type TarStreamInput } from "@std/tar";
import { toBytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import type { LayoutLayer } from "./layer_layout.ts";

const MTIME = 1_700_000_000;

/** Makes a gzip layer of files: paths and contents; of directories, `path/`. */
export async function layerOf(
  files: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>,
): Promise<LayoutLayer> {
  const inputs = Object.entries(files).map(
    ([path, content]): TarStreamInput => {
      if (path.endsWith("/")) {
        return { type: "directory", path, options: { mtime: MTIME } };
      }
      const bytes = typeof content === "string" ? toBytes(content) : content;
      return {
        type: "file",
        path,
        size: bytes.length,
        readable: new Blob([bytes]).stream(),
        options: { mtime: MTIME },
      };
    },
  );
  const tar = ReadableStream.from(inputs).pipeThrough(new TarStream());
  const bytes = await new Response(tar).bytes();
  const packed = new Blob([bytes]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return {
    blob: await new Response(packed).bytes(),
    diffId: digestOf(bytes),
  };
}
