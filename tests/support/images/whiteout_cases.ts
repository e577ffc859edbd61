/**
 * All orders of whiteouts, opaque marks and entries, and what must come of them:
 * OCI image-spec v1.1, layer.md, "Whiteouts".
 */

import { dir, file, hardlink, type Member, symlink } from "./tar_builder.ts";

/** Entries of a layer in one order. */
export interface WhiteoutCase {
  /** Their names, in order. */
  readonly name: string;
  readonly members: readonly Member[];
  /** What is seen over {@linkcode WHITEOUT_LOWER}: paths and what is there. */
  readonly expected: readonly string[];
}

/** What the layer below holds: paths and content, directories end with a slash. */
export const WHITEOUT_LOWER: readonly (readonly [string, string])[] = [
  ["a/", ""],
  ["a/b/", ""],
  ["a/b/x", "lower"],
  ["a/b/y", "lower"],
  ["a/c", "lower"],
  ["d/", ""],
  ["d/b", "lower"],
  ["h", "lower"],
];

const MARKS: readonly Member[] = [
  file(".wh.a", ""),
  file("a/.wh.b", ""),
  file("a/b/.wh.x", ""),
  file("a/.wh..wh..opq", ""),
  file("a/b/.wh..wh..opq", ""),
];
/** Entries that go together, in this order. */
const ENTRIES: readonly (readonly Member[])[] = [
  [],
  [dir("a/")],
  [file("a", "file")],
  [symlink("a", "d")],
  [file("h", "upper"), hardlink("a", "h")],
  [file("a/n", "new")],
  [file("a/b", "file")],
  [symlink("a/b", "../d")],
  [dir("a/b/")],
  [dir("a/"), file("a/b/n", "new")],
  [file("a/b/x", "new"), dir("a/b/"), dir("a/")],
];
const MAX_MARKS = 3;

/** Lists all cases: hundreds. */
export function* listWhiteoutCases(): Generator<WhiteoutCase> {
  for (const marks of subsets(MARKS, MAX_MARKS)) {
    for (const entries of ENTRIES) {
      for (const members of merges(marks, entries)) {
        yield {
          name: members.map(describe).join(", "),
          members,
          expected: foresee(members),
        };
      }
    }
  }
}

/** What a member is, in short. */
function describe({ name, type = "0", linkName }: Member): string {
  if (type === "2") return `${name} -> ${linkName}`;
  return type === "1" ? `${name} = ${linkName}` : name;
}

/** Subsets of one or more, each in all orders. */
function* subsets<T>(all: readonly T[], most: number): Generator<readonly T[]> {
  for (const one of all) {
    yield [one];
    if (most === 1) continue;
    const rest = all.filter((other) => other !== one);
    for (const more of subsets(rest, most - 1)) yield [one, ...more];
  }
}

/** All ways of reading two lists at once. */
function* merges<T>(
  some: readonly T[],
  others: readonly T[],
): Generator<readonly T[]> {
  const [one, ...rest] = some;
  const [other, ...more] = others;
  if (one === undefined || other === undefined) {
    yield [...some, ...others];
    return;
  }
  for (const tail of merges(rest, others)) yield [one, ...tail];
  for (const tail of merges(some, more)) yield [other, ...tail];
}

/** Works on sets of paths, unlike the unpacker, and knows no order. */
function foresee(members: readonly Member[]): readonly string[] {
  const own = new Map<string, string>();
  const hidden = new Set<string>();
  const opaque = new Set<string>();
  const marked = new Set<string>();
  for (const { name, type = "0", content = "", linkName = "" } of members) {
    const path = name.replace(/\/$/, "");
    const base = path.slice(path.lastIndexOf("/") + 1);
    const parent = path.slice(0, -base.length - 1);
    if (base.startsWith(".wh.")) marked.add(parent);
    if (base === ".wh..wh..opq") {
      opaque.add(parent);
    } else if (base.startsWith(".wh.")) {
      hidden.add([parent, base.slice(4)].filter(Boolean).join("/"));
    } else {
      if (parent !== "") own.set(parent, own.get(parent) ?? "/");
      const linked = own.get(linkName) ?? "";
      const what = { 0: content, 1: linked, 2: `-> ${linkName}`, 5: "/" }[type];
      own.set(path, what ?? "");
    }
  }
  const seen = new Map(own);
  // Marks imply the directories on their way, as all entries do.
  for (const parent of marked) {
    for (const path of [...ancestors(parent), parent].filter(Boolean)) {
      if ((own.get(path) ?? "/") !== "/") break;
      if (!own.has(path) && hidden.has(path)) break;
      seen.set(path, "/");
    }
  }
  for (const [name, content] of WHITEOUT_LOWER) {
    const path = name.replace(/\/$/, "");
    const above = ancestors(path);
    const isGone = [...above, path].some((each) => hidden.has(each)) ||
      above.some((each) => opaque.has(each) || (own.get(each) ?? "/") !== "/");
    if (!isGone && !own.has(path)) {
      seen.set(path, name.endsWith("/") ? "/" : content);
    }
  }
  return [...seen].map(([path, what]) => `${path} ${what}`).sort();
}

function ancestors(path: string): readonly string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}
