/** Which changes of the checkout are tried. */

import { stripTypeScriptTypes } from "node:module";
import { walk } from "@std/fs";
import type { Mutation } from "./mutation.ts";
import { listMutations, mutate } from "./mutations.ts";

/** A change of a file. */
export interface Change extends Mutation {
  /** In the checkout. */
  readonly path: string;
  readonly source: string;
}

// What is generated, and the adapters, which are no part of the program.
const OTHERS = /^src\/(?:cri\/api|std)\//;
const DESCRIPTION = /^(.*?):(\d+): ([^]*)$/;
const LONGEST_TEXT = 80;

/** Lists the changes of a file, or of all files of a folder, that matter. */
export async function listChanges(path: string): Promise<readonly Change[]> {
  const { isFile } = await Deno.stat(path);
  const options = { includeDirs: false, exts: [".ts"] };
  const paths = isFile
    ? [path]
    : (await Array.fromAsync(walk(path, options))).map((entry) => entry.path);
  const own = paths.filter((one) => OTHERS.test(path) || !OTHERS.test(one));
  const changes = own.toSorted().map(async (path) => {
    const source = await Deno.readTextFile(path);
    return listMutations(source).map((one) => ({ ...one, path, source }));
  });
  return (await Promise.all(changes)).flat();
}

/** Whether a change leaves the program as it is: of a type, or of nothing. */
export function isEquivalent({ source, ...change }: Change): boolean {
  try {
    const [was, is] = [source, mutate(source, change)].map((text) =>
      stripTypeScriptTypes(text).replaceAll(/\s+/g, " ")
    );
    return was === is;
  } catch {
    // It cannot be parsed, which the check of types tells.
    return false;
  }
}

/** Tells where a change is, and what it makes of what, in a line. */
export function describeChange(change: Change): string {
  return `${change.path}:${change.line}: ${describeDifference(change)}`;
}

/**
 * Finds the changes that were described, also where lines were inserted above
 * them: of equal ones in a file, the nearest, and rather below than above.
 */
export function findDescribed(
  changes: readonly Change[],
  descriptions: readonly string[],
): readonly Change[] {
  const found = descriptions.flatMap((description) => {
    const [, path, line, difference] = DESCRIPTION.exec(description) ?? [];
    const distance = (one: Change) => Math.abs(one.line - Number(line));
    return changes
      .filter((one) =>
        one.path === path && describeDifference(one) === difference
      )
      .toSorted((a, b) => distance(a) - distance(b) || b.line - a.line)
      .slice(0, 1);
  });
  return [...new Set(found)];
}

function describeDifference({ source, start, end, replacement }: Change) {
  const was = source.slice(start, end).replace(/\s+/g, " ");
  return `${was.slice(0, LONGEST_TEXT)}  ->  ${replacement || "nothing"}`;
}
