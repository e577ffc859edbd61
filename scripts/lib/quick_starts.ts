/** Which modules of Node common commands load when they start: none. */

import { dirname, join } from "@std/path";

/** A file, and what it imports. */
export interface ReadFile {
  readonly path: string;
  readonly imports: readonly LoadedImport[];
}

/** An import in it. */
export interface LoadedImport {
  readonly specifier: string;
  /** Whether it comes with the file: no type, and not while it runs. */
  readonly isLoaded: boolean;
  readonly line: number;
}

/**
 * What starts without a module of Node, which takes 15 ms and more to load: all
 * commands to their parsing, and these as a whole. What they need rarely comes by
 * `await import()`.
 */
const QUICK = [
  /^src\/cli\/(run_cli|commands\/(version|help|inspect|complete|completion))\.ts$/,
  /^src\/cli\/commands\/(containers|pods)\//,
  /^src\/cli\/commands\/images\/(images|history|rmi|tag|untag)\.ts$/,
  /^src\/cli\/commands\/images\/image_(exists|pin|unpin)\.ts$/,
  /^src\/process\/bind_libc\.ts$/,
];

/** Each module of Node on the way of a quick start, once. */
export function checkStarts(
  files: readonly ReadFile[],
): string[] {
  const loaded = new Map(files.map(({ path, imports }) => [
    path,
    imports.filter(({ isLoaded }) => isLoaded),
  ]));
  const starts = [...loaded.keys()]
    .filter((path) => QUICK.some((pattern) => pattern.test(path)));
  const ways = new Map(starts.map((path) => [path, path]));
  for (const [path, start] of ways) {
    for (const found of loaded.get(path) ?? []) {
      const target = resolveTarget(path, found.specifier);
      if (!ways.has(target)) ways.set(target, start);
    }
  }
  return [...ways].flatMap(([path, start]) =>
    (loaded.get(path) ?? [])
      .filter(({ specifier }) => specifier.startsWith("node:"))
      .map(({ specifier, line }) =>
        `${path}:${line}: Cannot import "${specifier}": ${start} starts with ` +
        `it; use Deno's own, or await import()`
      )
  );
}

/** The file that is loaded, of ours or of an adapter. */
function resolveTarget(path: string, specifier: string): string {
  const [, adapter] = /^@std\/(\w+)$/.exec(specifier) ?? [];
  if (adapter !== undefined) return `src/std/${adapter}/mod.ts`;
  return specifier.startsWith(".") ? join(dirname(path), specifier) : specifier;
}
