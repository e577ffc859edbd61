/** What has to be on the disk before the record that calls it valid is. */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import {
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";

const LAUNCHER = fromFileUrl(
  new URL("../../../scripts/orlop", import.meta.url),
);

const NEEDED = needs("root", "strace", "mount", "findmnt");

Deno.test("a pull reaches the disk before its records do", NEEDED, async () => {
  await using store = sharedStore();
  const layout = store.join("image");
  await writeLayout(layout, [await layerOf({ "a.txt": "a" })]);
  await store.orlop("images"); // makes the store
  const events = await trace(store, ["pull", `oci:${layout}:latest`]);
  assertEquals(events, [
    "rename STAGING STAGING", // out of reach of all workers
    "syncfs STAGING",
    // Marked: whoever finds it so removes it.
    ...written("overlay-layers", "layers", { ids: "others" }),
    "rename STAGING/diff overlay/LAYER/diff",
    "fdatasync overlay-layers/.tmp-LAYER.tar-split.gz",
    "rename overlay-layers/LAYER.tar-split.gz",
    "fsync overlay-layers",
    "fdatasync overlay/LAYER/.tmp-link",
    "rename overlay/LAYER/link",
    "symlink overlay/l/SHORT",
    "fsync overlay",
    "fsync overlay/LAYER",
    "fsync overlay/LAYER/diff",
    "fsync overlay/l",
    // The mark is taken away: it is valid now.
    ...written("overlay-layers", "layers"),
    ...["config", "manifest of its digest", "manifest"].flatMap((_, index) => [
      "fdatasync overlay-images/IMAGE/.tmp-ITEM",
      "rename overlay-images/IMAGE/ITEM",
      ...index < 2 ? [] : ["fsync overlay-images"],
      "fsync overlay-images/IMAGE",
    ]),
    "fsync overlay-images/IMAGE",
    ...written("overlay-images", "images", { ids: "others" }),
  ]);
});

Deno.test("a removal is marked before anything is gone", NEEDED, async () => {
  await using store = sharedStore();
  const layout = store.join("image");
  await writeLayout(layout, [await layerOf({ "a.txt": "a" })]);
  await store.orlop("pull", `oci:${layout}:latest`);
  const events = await trace(store, ["rmi", "image"]);
  assertEquals(events, [
    // A token that knows the images without it: its items are no loss.
    ...written("overlay-images", "images", { ids: "others" }),
    ...Array<string>(3).fill("unlink overlay-images/IMAGE"), // its items
    ...written("overlay-layers", "layers"),
    "unlink overlay/l/SHORT",
    "rename overlay/LAYER STAGING",
    "unlink overlay-layers/LAYER.tar-split.gz",
    "fsync overlay",
    ...written("overlay-layers", "layers", { ids: "others" }),
  ]);
});

Deno.test(
  "a container is marked until all of it is on the disk",
  NEEDED,
  async () => {
    await using store = sharedStore();
    const layout = store.join("image");
    await writeLayout(layout, [await layerOf({ "a.txt": "a" })]);
    await store.orlop("pull", `oci:${layout}:latest`);
    await store.orlop("pod", "create", "--name", "pod");
    const create = ["container", "create", "--pod", "pod", "--name", "c"];
    assertEquals(await trace(store, [...create, "image"]), [
      // Marked: whoever finds it so removes it, and its layer.
      ...written("overlay-containers", "containers", { ids: "others" }),
      ...written("overlay-layers", "layers", { ids: "others" }),
      "fdatasync overlay-containers/CONTAINER/.tmp-config.json",
      "fdatasync overlay/LAYER/.tmp-link",
      "fdatasync overlay/LAYER/.tmp-lower",
      "fdatasync overlay/LAYER/.tmp-lower-layers",
      "rename overlay/LAYER/link",
      "rename overlay/LAYER/lower",
      "rename overlay/LAYER/lower-layers",
      "rename overlay-containers/CONTAINER/config.json",
      "symlink overlay/l/SHORT",
      "fsync overlay",
      "fsync overlay-containers/CONTAINER",
      "fsync overlay/LAYER",
      "fsync overlay/LAYER/diff",
      "fsync overlay/l",
      ...hinted("overlay-images", "images"),
      // The mark is taken away: it is valid now.
      ...written("overlay-containers", "containers"),
    ]);
    const removal = await trace(store, ["rm", "c"]);
    // The use of its image is noted now and then.
    const isHint = (event: string) => event.includes(" overlay-images");
    const others = removal.filter((event) => !isHint(event));
    // It goes while layers are written.
    const template = "unlink overlay-containers/CONTAINER";
    assertEquals(others.filter((event) => event !== template), [
      // Marked before anything is gone, for its layer as well.
      ...written("overlay-containers", "containers"),
      "unlink overlay/l/SHORT",
      "rename overlay/LAYER STAGING",
      "fsync overlay",
      ...written("overlay-layers", "layers", { ids: "others" }),
      // If this is lost, the mark is there, and it goes once more.
      ...hinted("overlay-containers", "containers", { ids: "others" }),
    ]);
    const mark = others.indexOf("fsync overlay-containers");
    const end = others.lastIndexOf("rename overlay-containers/containers.json");
    assert(mark < others.indexOf(template), "it goes before the mark is there");
    assert(others.lastIndexOf(template) < end, "its record goes before it");
  },
);

/** What may be as before after a power cut, but is whole. */
function hinted(...what: Parameters<typeof written>): readonly string[] {
  return written(...what).slice(0, -1);
}

/**
 * The token comes before the table's new name, so that nobody misses the change; on
 * the disk as well, if it tells of other IDs.
 */
function written(
  directory: string,
  name: string,
  { ids = "the same" }: { readonly ids?: "the same" | "others" } = {},
): readonly string[] {
  return [
    `fdatasync ${directory}/.tmp-${name}.json`,
    `token ${directory}/${name}.lock`,
    ...ids === "others" ? [`fdatasync ${directory}/${name}.lock`] : [],
    `rename ${directory}/${name}.json`,
    `fsync ${directory}`,
  ];
}

const CALLS = [
  ...["pwrite64", "rename", "symlink", "unlink", "unlinkat"],
  ...["fsync", "fdatasync", "syncfs"],
];

async function trace(
  store: SharedStore,
  args: readonly string[],
): Promise<readonly string[]> {
  const output = store.join("trace");
  const flags = ["-f", "-qq", "-y", `--trace=${CALLS.join(",")}`];
  const { success, stderr } = await new Deno.Command("strace", {
    args: [...flags, "-s", "1000", "-o", output, LAUNCHER, ...args],
    env: {
      ORLOP_DENO: Deno.execPath(),
      ORLOP_ROOT: store.root,
      ORLOP_RUNROOT: store.runRoot,
    },
    stdin: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const events = (await Deno.readTextFile(output)).split("\n")
    .flatMap((line) => describe(line, `${store.root}/`))
    // Backups are kept by rename, too; nothing relies on one.
    .filter((event) => !/^unlink STAGING|\.orlop-backup$/.test(event));
  return sortAtOnce(events);
}

/** Syncs that follow each other may be asked for at once: in any order. */
function sortAtOnce(events: readonly string[]): readonly string[] {
  const runs: string[][] = [];
  for (const event of events) {
    const [kind = ""] = event.split(" ");
    const last = runs.at(-1);
    const isSame = kind.endsWith("sync") && last?.[0]?.startsWith(`${kind} `);
    if (last !== undefined && isSame) last.push(event);
    else runs.push([event]);
  }
  return runs.flatMap((run) => run.toSorted());
}

/** Names a call and its paths in the store by what they are. */
function describe(line: string, root: string): readonly string[] {
  const [, call = ""] = /^\d+ +([a-z0-9]+)\(/.exec(line) ?? [];
  const paths = [...line.matchAll(/["<]([^">]*)[">]/g)]
    .map(([, path = ""]) => path)
    .filter((path) => path.startsWith(root))
    .map((path) => nameOf(path.slice(root.length)));
  const [first, second] = paths;
  if (first === undefined || / = -1 /.test(line)) return [];
  switch (call) {
    case "pwrite64":
      return / 64, 0\)/.test(line) ? [`token ${first}`] : [];
    case "rename":
      // Of a temporary file: only what it becomes matters.
      return [
        first.includes(".tmp-")
          ? `rename ${second}`
          : `rename ${first} ${second}`,
      ];
    case "unlinkat":
      return line.includes("AT_REMOVEDIR") ? [] : [`unlink ${first}`];
    default:
      return [`${call} ${first}`];
  }
}

function nameOf(path: string): string {
  return path
    .replace(/^overlay\/tempdirs\/(temp-dir|lock)-[^/]*/, "STAGING")
    .replace(/^STAGING\/[^/]+/, "STAGING")
    .replace(/(\.tmp-.*?)\d*$/, "$1")
    .replace(/(overlay-images)\/[0-9a-f]{64}/, "$1/IMAGE")
    .replace(/(IMAGE\/(?:\.tmp-)?)(?:=.*|manifest)$/, "$1ITEM")
    .replace(/(overlay-containers)\/[0-9a-f]{64}\/userdata/, "$1/CONTAINER")
    .replace(/[0-9a-f]{64}/, "LAYER")
    .replace(/overlay\/l\/[A-Z2-7]{26}/, "overlay/l/SHORT");
}
