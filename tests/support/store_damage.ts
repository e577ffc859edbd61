/** A store of which each thing can be damaged. */

import { join } from "@std/path";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { writeLayout } from "./images/layer_layout.ts";
import { layerOf } from "./images/stacked_layout.ts";
import { digestOfTree } from "./images/tree_digest.ts";
import { type SharedStore, sharedStore } from "./programs/shared_store.ts";
import { type RegistryServer, run } from "./servers/registry_server.ts";

/** An image of two layers from a registry, and a container with a file of its own. */
export interface Subject extends SharedStore {
  readonly base: string;
  readonly own: string;
}

/** Pushes the image whose store is damaged. */
export async function pushSubject(registry: RegistryServer): Promise<string> {
  await using store = sharedStore();
  const layout = store.join("two");
  await writeLayout(layout, [
    await layerOf({ "etc/": "", "etc/a.txt": "a" }),
    await layerOf({ "etc/": "", "etc/b.txt": "b" }),
  ]);
  await registry.pushLayout(`${layout}:latest`, "two:1");
  return `${registry.host}/two:1`;
}

/** Makes a store to copy; and keeps, as `before`, how it was without containers. */
export async function makeTemplate(name: string): Promise<SharedStore> {
  const store = sharedStore();
  const { orlop, join } = store;
  await orlop("pull", "--tls-verify=false", name);
  await run("cp", "-a", store.root, join("before"));
  await orlop("pod", "create", "web");
  await orlop("container", "create", "--pod", "web", "--name", "app", name);
  writeFileSync(
    `${ownLayer(store)}/diff/mine`,
    "nobody has this but me",
  );
  await run("cp", "-a", store.root, join("template"));
  return store;
}

/** Copies it. */
export async function copyOf(template: SharedStore): Promise<Subject> {
  const store = sharedStore();
  await run("cp", "-a", template.join("template"), store.root);
  return { ...store, own: ownLayer(store), base: baseLayer(store) };
}

function findApp(root: string): StoredRecord | undefined {
  return readRecords(root, "containers")
    .find(({ names }) => names?.includes("app"));
}

function ownLayer({ root }: SharedStore): string {
  return join(root, "overlay", findApp(root)?.layer ?? "");
}

function baseLayer({ root }: SharedStore): string {
  const image = readRecords(root, "images")
    .find(({ id }) => id === findApp(root)?.image);
  const top = readRecords(root, "layers").find(({ id }) => id === image?.layer);
  return join(root, "overlay", top?.parent ?? "");
}

/** What is read of a store's records. */
interface StoredRecord {
  readonly id: string;
  readonly names?: readonly string[];
  readonly image?: string;
  readonly layer?: string;
  readonly parent?: string;
}

/** The records of a table: `"containers"`, `"images"` or `"layers"`. */
export function readRecords(
  root: string,
  kind: string,
): readonly StoredRecord[] {
  return JSON.parse(readFileSync(tableOf({ root }, kind), "utf8"));
}

function tableOf({ root }: Pick<SharedStore, "root">, kind: string): string {
  return join(root, `overlay-${kind}`, `${kind}.json`);
}

/** All but orlop's own notes. */
export function digestOf({ root }: SharedStore): readonly string[] {
  return readdirSync(root).filter((name) => name.startsWith("overlay"))
    .map((name) => digestOfTree(join(root, name)));
}

function tarSplitOf({ base }: Subject): string {
  return base.replace("/overlay/", "/overlay-layers/") + ".tar-split.gz";
}

/** Where the items of an image are. */
function imageOf({ root }: SharedStore, name: RegExp): string {
  const image = readRecords(root, "images")
    .find(({ names = [] }) => names.some((text) => name.test(text)));
  return join(root, "overlay-images", image?.id ?? "");
}

function intoDirectory(path: string): void {
  rmSync(path);
  mkdirSync(path);
}

function without(subject: Subject, kind: string): void {
  rmSync(tableOf(subject, kind));
  rmSync(`${tableOf(subject, kind)}.orlop-backup`, { force: true });
}

/** A kind of damage, and what does it. */
export type Damage = readonly [
  name: string,
  damage: (subject: Subject) => void,
];

/** All of them are found, and repaired. */
export const KINDS: readonly Damage[] = [
  ["another byte", (s) => writeFileSync(join(s.base, "diff/etc/a.txt"), "A")],
  ["another byte where the link is empty, too", (s) => {
    writeFileSync(join(s.base, "diff/etc/a.txt"), "A");
    writeFileSync(join(s.base, "link"), "");
  }],
  ["a file more", (s) => writeFileSync(join(s.base, "diff/etc/new"), "")],
  ["a file less", (s) => rmSync(join(s.base, "diff/etc/a.txt"))],
  ["no files", (s) => rmSync(join(s.base, "diff"), { recursive: true })],
  ["no directory", (s) => rmSync(s.base, { recursive: true })],
  ["an empty link", (s) => writeFileSync(join(s.base, "link"), "")],
  ["a link of NULs", (s) => writeFileSync(join(s.base, "link"), "\0\0\0")],
  ["no short links", (s) => emptyDirectory(join(s.root, "overlay/l"))],
  [
    "an empty lower",
    (s) => writeFileSync(join(s.own, "lower"), ""),
  ],
  [
    "an empty lower-layers",
    (s) => writeFileSync(join(s.own, "lower-layers"), ""),
  ],
  [
    "a lower-layers that leaves one out",
    (s) =>
      writeFileSync(
        join(s.own, "lower-layers"),
        s.base.split("/").at(-1) ?? "",
      ),
  ],
  [
    "a lower-layers where nothing is below",
    (s) => cpSync(join(s.own, "lower-layers"), join(s.base, "lower-layers")),
  ],
  [
    "a directory for a lower-layers",
    (s) => intoDirectory(join(s.own, "lower-layers")),
  ],
  ["a directory for a lower", (s) => intoDirectory(join(s.own, "lower"))],
  ["a directory for a link", (s) => intoDirectory(join(s.base, "link"))],
  [
    "a link that is cut",
    (s) => {
      const path = join(s.own, "link");
      writeFileSync(path, readFileSync(path, "utf8").slice(0, 13));
    },
  ],
  ["a directory for a tar-split", (s) => intoDirectory(tarSplitOf(s))],
  [
    "a directory for a manifest",
    (s) => intoDirectory(join(imageOf(s, /two/), "manifest")),
  ],
  [
    "an empty manifest of the pause image",
    (s) => writeFileSync(join(imageOf(s, /pause/), "manifest"), ""),
  ],
  [
    "swapped links",
    (s) => cpSync(join(s.base, "link"), join(s.own, "link")),
  ],
  ["an empty tar-split", (s) => writeFileSync(tarSplitOf(s), "")],
  ...["layers", "images", "containers"].flatMap((kind): Damage[] => [
    [`an empty table of ${kind}`, (s) => writeFileSync(tableOf(s, kind), "")],
    [
      `a table of ${kind} that is cut`,
      (s) => {
        const text = readFileSync(tableOf(s, kind), "utf8");
        writeFileSync(tableOf(s, kind), text.slice(0, text.length / 2));
      },
    ],
    [`no table of ${kind}`, (s) => rmSync(tableOf(s, kind))],
    [`no records in that of ${kind}`, (s) => {
      writeFileSync(tableOf(s, kind), "[]");
    }],
  ]),
  ["no table of layers, nor its backup", (s) => without(s, "layers")],
  [
    "an older table of layers",
    (s) => {
      const table = tableOf(s, "layers");
      writeFileSync(
        table,
        JSON.stringify(readRecords(s.root, "layers").slice(0, 1)),
      );
    },
  ],
  [
    "no tables at all",
    (s) => {
      for (const kind of ["layers", "images", "containers"]) {
        rmSync(tableOf(s, kind));
      }
    },
  ],
];

function emptyDirectory(path: string): void {
  for (const name of readdirSync(path)) rmSync(join(path, name));
}
