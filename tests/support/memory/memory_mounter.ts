/** Mounts that exist in memory only: the twin of `systemMounter()`. */

import { InUseError } from "../../../src/errors/store_errors.ts";
import type { MountEntry } from "../../../src/formats/storage/mount_table.ts";
import type { Mounter } from "../../../src/mount/mounter.ts";

/** A {@linkcode Mounter} that a test can look into. */
export interface MemoryMounter extends Mounter {
  /** All mounts, the latest last. */
  readonly table: readonly MountEntry[];
  /** Makes a mount refuse to be unmounted, unless lazily; or no longer. */
  setBusy(target: string, state: "busy" | "idle"): void;
  /** Forgets all mounts, as a reboot does. */
  reboot(): void;
}

/** Makes a mount table that holds nothing. */
export function memoryMounter(): MemoryMounter {
  const table: MountEntry[] = [];
  const busy = new Set<string>();
  const find = (path: string) =>
    table.findLastIndex(({ target }) => target === path);
  // deno-lint-ignore require-await -- a throw becomes a rejection
  const act = async <T>(signal: AbortSignal | undefined, action: () => T) => {
    signal?.throwIfAborted();
    return action();
  };
  const unmount: Mounter["unmount"] = (target, options) =>
    act(options?.signal, () => {
      const index = find(target);
      if (busy.has(target) && index >= 0 && options?.mode !== "lazy") {
        throw new InUseError(`Cannot unmount "${target}": it is busy`, []);
      }
      if (index < 0) return;
      table.splice(index, 1);
      // What was mounted in it, and later, goes along.
      for (let next = table.length - 1; next >= index; next--) {
        if (table[next]?.target.startsWith(`${target}/`)) {
          if (options?.mode === "lazy") table.splice(next, 1);
        }
      }
    });
  return {
    table,
    mount: ({ source, target, type, flags, data }, options) =>
      act(options?.signal, () => {
        const words = [...(flags.includes("ro") ? [] : ["rw"]), ...flags, data];
        const common = { target, source, type, options: words.join(",") };
        table.push({ ...common, propagation: "private" });
      }),
    unmount,
    async unmountAll(targets, options) {
      for (const target of targets) {
        await unmount(target, { ...options, mode: "lazy" });
      }
    },
    isMounted: (target, options) =>
      act(options?.signal, () => find(target) >= 0),
    list: (directory, options) =>
      act(
        options?.signal,
        () =>
          table.filter(({ target }) =>
            target === directory || target.startsWith(`${directory}/`)
          ),
      ),
    bindPrivate: (target, options) =>
      act(options?.signal, () => {
        if (find(target) >= 0) return;
        const source = `/dev/memory[${target}]`;
        const common = { source, target, type: "ext4", options: "rw" };
        table.push({ ...common, propagation: "private" });
      }),
    setBusy(target, state) {
      if (state === "busy") busy.add(target);
      else busy.delete(target);
    },
    reboot() {
      table.length = 0;
      busy.clear();
    },
  };
}
