/** Whether a layer has files, by the list that its tar is made from again. */

import { gunzipSync } from "node:zlib";
import { readBytes } from "../../fs/if_there.ts";

// It is read only of layers that seem to be empty, and small then.
const MAX_LIST_BYTES = 256 * 1024 * 1024;

/** Whether a tar-split file names files; what is wrong with it is told as such. */
export function listsFiles(path: string): boolean {
  try {
    const list = gunzipSync(readBytes(path), {
      maxOutputLength: MAX_LIST_BYTES,
    }).toString("utf8");
    return list.split("\n").some((line) => {
      const name = /^\{"type":1,"name(?:_raw)?":"(.*?)"/.exec(line)?.[1];
      // The root itself, and marks on it, are no files.
      return name !== undefined && !/^(\.?\/)?(\.|\.wh\.\.wh\..*)?$/.test(name);
    });
  } catch {
    return false;
  }
}
