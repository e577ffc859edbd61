/** Containers that exist in memory only: the twin of `openDiskContainers()`. */

import type { ContainerStore } from "../../../src/store/container_store.ts";
import {
  runDirectory,
  type StorePaths,
  workDirectory,
} from "../../../src/store/paths.ts";

/** Makes a place for containers that holds none. */
export function memoryContainers(paths: StorePaths): ContainerStore {
  const containers = new Map<string, Map<string, string>>();
  return {
    makeDirectories(id) {
      containers.set(id, containers.get(id) ?? new Map<string, string>());
      return { dir: workDirectory(paths, id), runDir: runDirectory(paths, id) };
    },
    writeTexts(id, texts, files) {
      const kept = containers.get(id);
      if (kept === undefined) throw new Deno.errors.NotFound(id);
      files.afterwards(() => {
        for (const [name, text] of Object.entries(texts)) kept.set(name, text);
      });
    },
    readText: (id, name) => containers.get(id)?.get(name),
    // deno-lint-ignore require-await -- a disk has to be waited for
    async removeDirectories(id) {
      containers.delete(id);
    },
  };
}
