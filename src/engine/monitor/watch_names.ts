/** Watches for changes of names in a folder, at any depth. */

import { type Abortable, unlessAborted } from "../../errors/abort.ts";

/** A watch. Disposing ends it. */
export interface NameWatch extends Disposable {
  /** Why the watch does not work; undefined if it does. */
  readonly problem: unknown;
  /**
   * The names that changed since the last call, as soon as there are any.
   *
   * @throws {Error} Its reason, when the signal aborts.
   */
  next(
    options: Abortable & { readonly waitMs: number },
  ): Promise<ReadonlySet<string>>;
}

/** Watches a folder; if the kernel cannot, `problem` is set. */
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
      problem = new Error("the watch was closed"); // or closed
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
