/** Whether a layer has files, according to its tar-split list. */

import { gunzipSync } from "node:zlib";
import { readBytes } from "../../fs/if_there.ts";

// It is read only for layers that seem to be empty: then it is small.
const MAX_LIST_BYTES = 256 * 1024 * 1024;

/**
 * Whether a tar-split file names files; other damage of it is reported by other
 * checks.
 */
export function listsFiles(path: string): boolean {
  try {
    const list = gunzipSync(readBytes(path), {
      maxOutputLength: MAX_LIST_BYTES,
    }).toString("utf8");
    return list.split("\n").some((line) => {
      const name = /^\{"type":1,"name(?:_raw)?":"(.*?)"/.exec(line)?.[1];
      // The root itself and markers on it do not count as files.
      return name !== undefined && !/^(\.?\/)?(\.|\.wh\.\.wh\..*)?$/.test(name);
    });
  } catch {
    return false;
  }
}
