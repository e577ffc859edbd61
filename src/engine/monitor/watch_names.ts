/** Tells which names in a folder something happens to, at any depth. */

import { type Abortable, unlessAborted } from "../../errors/abort.ts";

/** The names. Disposing ends the watch. */
export interface NameWatch extends Disposable {
  /** Why nothing is told, or no longer; undefined if it is. */
  readonly problem: unknown;
  /**
   * What has changed since the last time, as soon as something has.
   *
   * @throws {Error} Its reason, when the signal aborts.
   */
  next(
    options: Abortable & { readonly waitMs: number },
  ): Promise<ReadonlySet<string>>;
}

/** Watches a folder; where the kernel cannot, nothing is told. */
export function watchNames(folder: string): NameWatch {
  let changed = new Set<string>();
  let change = Promise.withResolvers<void>();
  const { watcher, ...failure } = tryWatch(folder);
  let { problem } = failure;
  if (watcher !== undefined) void listen(watcher);
  return {
    get problem() {
      return problem;
    },
    async next({ signal, waitMs }) {
      const timer = setTimeout(() => change.resolve(), waitMs);
      try {
        await unlessAborted(() => change.promise, { signal });
      } finally {
        clearTimeout(timer);
      }
      const found = changed;
      changed = new Set();
      change = Promise.withResolvers();
      return found;
    },
    [Symbol.dispose]: () => watcher?.close(),
  };

  async function listen(events: Deno.FsWatcher): Promise<void> {
    try {
      for await (const { kind, paths } of events) {
        if (kind === "access" || kind === "remove") continue;
        for (const path of paths) changed.add(nameOf(path));
        change.resolve();
      }
      problem = new Error("the watch was given up"); // or closed
    } catch (error) {
      problem = error;
    }
  }

  function nameOf(path: string): string {
    const [name = ""] = path.slice(folder.length + 1).split("/");
    return name;
  }
}

function tryWatch(
  folder: string,
): { readonly watcher?: Deno.FsWatcher; readonly problem?: unknown } {
  try {
    return { watcher: Deno.watchFs(folder) };
  } catch (problem) {
    return { problem }; // too many are watched already
  }
}
