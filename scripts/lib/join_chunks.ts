/**
 * Joins the chunks of a bundle. The bundler makes one for each set of commands
 * that share code, since it does not know what is loaded already when a command
 * is: `run` reads a hundred files, and each takes a start 0.2 ms.
 *
 * usage: join_chunks.ts CHUNKS PARTS: writes to folder PARTS a file for each that
 * is to be, which the bundler then joins out of PARTS/parts
 */

import { join } from "@std/path";

/** A file that the bundler has made. */
export interface Chunk {
  readonly name: string;
  readonly imports: readonly ChunkImport[];
  readonly exports: readonly Binding[];
  /** What is left without those. */
  readonly body: string;
}

/** What it takes from another. */
export interface ChunkImport {
  readonly from: string;
  readonly bindings: readonly Binding[];
}

/** A name in a chunk, and what it is called elsewhere. */
export interface Binding {
  readonly name: string;
  readonly as: string;
}

/** Chunks by their names. */
export type Chunks = ReadonlyMap<string, Chunk>;

/**
 * Files for what many commands load, the first first. A file has what all entries
 * of a group have in common, for each of its groups, as far as no file before it
 * has that: so none needs one behind it.
 */
export type Layers = Readonly<Record<string, readonly (readonly string[])[]>>;

const LAYERS: Layers = {
  "base.js": [["main"]],
  "cli.js": [["run_cli"]],
  "store.js": [
    ["images", "ps", "container_create"],
    ["images", "container_create"],
  ],
  "lists.js": [
    ["images", "ps"],
    ["images", "inspect"],
    ["ps", "container_inspect"],
  ],
  "life.js": [
    ["container_create", "run"],
    ["container_start", "container_stop"],
    ["container_stop", "container_rm"],
    ["container_stop", "container_cleanup"],
    ["container_cleanup", "run"],
    ["container_exec", "run"],
  ],
  "pulling.js": [["pull", "run"], ["pull", "list_helpers"]],
};

// Who loads it runs the program.
const MAIN = "main.js";

/** Takes a chunk apart. */
export function readChunk(name: string, text: string): Chunk {
  const imports: ChunkImport[] = [];
  const head = /import (?:\{([^{}]*)\} from )?"\.\/([^"]+)";\n/y;
  let start = 0;
  for (let found = head.exec(text); found !== null; found = head.exec(text)) {
    const [, names, from = ""] = found;
    // An import without names is for side effects, which no module here has.
    if (names !== undefined) imports.push({ from, bindings: readNames(names) });
    start = head.lastIndex;
  }
  const rest = text.slice(start);
  // The last one: behind it are licences only.
  const tail = /^export \{([^{}]*)\};\n(?![^]*^export \{)/m;
  const exports = readNames(tail.exec(rest)?.[1] ?? "");
  return { name, imports, exports, body: rest.replace(tail, "") };
}

function readNames(list: string): Binding[] {
  return list.split(",").map((item) => item.trim()).filter(Boolean)
    .map((item) => {
      const [name = "", as = name] = item.split(" as ");
      return { name, as };
    });
}

/**
 * Says which file each chunk goes into. What is in no layer stays as it is, but
 * for chunks that the same entries need.
 */
export function placeChunks(
  chunks: Chunks,
  layers: Layers = LAYERS,
): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  for (const [layer, groups] of Object.entries(layers)) {
    for (const words of groups) {
      const entries = words.map((word) => findEntry(chunks, word));
      for (const name of sharedBy(entries, chunks)) {
        if (name === MAIN || places.has(name)) continue;
        places.set(name, layer);
      }
    }
  }
  const others = Map.groupBy(
    chunks.keys().filter((name) => !places.has(name)),
    // With its entry, if there is but one.
    (name) => isEntry(name) ? name : usersOf(name, chunks).join(),
  );
  for (const names of others.values()) {
    const place = names.find(isEntry) ?? names[0] ?? "";
    for (const name of names) places.set(name, place);
  }
  return places;
}

/** What is loaded by each of some entries. */
function sharedBy(entries: readonly string[], chunks: Chunks): Set<string> {
  const [first = new Set<string>(), ...rest] = entries
    .map((entry) => loadedBy(entry, chunks));
  return rest.reduce((shared, one) => shared.intersection(one), first);
}

/** A chunk, and all that is loaded with it. */
function loadedBy(start: string, chunks: Chunks): Set<string> {
  const loaded = new Set([start]);
  for (const name of loaded) {
    const chunk = chunks.get(name);
    if (chunk === undefined) throw new Error(`Cannot find chunk "${name}"`);
    for (const { from } of chunk.imports) loaded.add(from);
  }
  return loaded;
}

function usersOf(name: string, chunks: Chunks): readonly string[] {
  return [...chunks.keys()].filter(isEntry)
    .filter((entry) => loadedBy(entry, chunks).has(name));
}

/** Whether it is a file of the program's own, not what some of them share. */
function isEntry(name: string): boolean {
  return !name.startsWith("chunk-");
}

function findEntry(chunks: Chunks, word: string): string {
  const named = chunks.keys().filter(isEntry)
    .find((name) => name.replace(/(-[A-Z0-9]{8})?\.js$/, "") === word);
  if (named !== undefined) return named;
  throw new Error(`Cannot find "${word}" among the files of the bundle`);
}

/**
 * Writes a chunk as a part of a file: what is in other files it imports from
 * `joined:FILE`, which the bundler leaves alone.
 */
export function writePart(
  { name, imports, body, exports }: Chunk,
  places: ReadonlyMap<string, string>,
): string {
  const heads = imports.map(({ from, bindings }) => {
    const place = placeOf(from, places);
    const names = bindings.map(({ name, as }) =>
      `${uniqueName(from, name)} as ${as}`
    );
    const path = place === places.get(name) ? `./${from}` : `joined:${place}`;
    return `import { ${names.join(", ")} } from "${path}";\n`;
  });
  const text = body.replaceAll(
    /\bimport\("\.\/([^"]+)"\)/g,
    (_, target) => `import("joined:${placeOf(target, places)}")`,
  );
  const names = exports.map(({ name: own, as }) =>
    `${own} as ${uniqueName(name, as)}`
  );
  const tail = names.length === 0 ? "" : `export { ${names.join(", ")} };\n`;
  return `${heads.join("")}${text}\n${tail}`;
}

function placeOf(name: string, places: ReadonlyMap<string, string>): string {
  const place = places.get(name);
  if (place === undefined) throw new Error(`Cannot find chunk "${name}"`);
  return place;
}

/** A name that no chunk in the same file exports; entries are loaded by name. */
function uniqueName(chunk: string, name: string): string {
  return isEntry(chunk) ? name : `${chunk.replaceAll(/\W/g, "_")}_${name}`;
}

function readChunks(folder: string): Chunks {
  const chunks = new Map<string, Chunk>();
  for (const { name } of Deno.readDirSync(folder)) {
    const text = Deno.readTextFileSync(join(folder, name));
    chunks.set(name, readChunk(name, text));
  }
  return chunks;
}

function main([source = "", target = ""]: readonly string[]): void {
  const chunks = readChunks(source);
  const places = placeChunks(chunks);
  Deno.mkdirSync(join(target, "parts"), { recursive: true });
  for (const [name, chunk] of chunks) {
    const text = writePart(chunk, places);
    Deno.writeTextFileSync(join(target, "parts", name), text);
  }
  const files = Map.groupBy(places.keys(), (name) => places.get(name) ?? name);
  for (const [file, names] of files) {
    const lines = names.map((name) => `export * from "./parts/${name}";\n`);
    Deno.writeTextFileSync(join(target, file), lines.join(""));
  }
}

if (import.meta.main) main(Deno.args);
