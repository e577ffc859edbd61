/** Archives of OCI layouts, made by code. */

import { walk } from "@std/fs";
import { toBinaryString } from "../../../src/formats/binary_string.ts";
import type { Bytes } from "../../../src/formats/bytes.ts";
import { archive, file, type Member } from "./tar_builder.ts";

/** The files of a layout. */
export async function layoutMembers(
  layout: string,
): Promise<readonly Member[]> {
  return await Array.fromAsync(
    walk(layout, { includeDirs: false }),
    async ({ path }) =>
      file(
        path.slice(layout.length + 1),
        toBinaryString(await Deno.readFile(path)),
      ),
  );
}

/** All of a layout. */
export async function layoutArchive(layout: string): Promise<Bytes> {
  return archive(...await layoutMembers(layout));
}
