/** Commands that tests kill in the middle of their work. */

import { fromFileUrl } from "@std/path";
import { writeLayout } from "../images/layer_layout.ts";
import { layerOf } from "../images/stacked_layout.ts";
import type { Subject } from "./kill_points.ts";
import type { SharedStore } from "./shared_store.ts";

/** A command that is killed. */
export interface Deed {
  /** What has to be done before it can be tried. */
  readonly before: readonly string[];
  readonly command: string;
  /** What takes it back, so that it can be tried again. */
  readonly undo: readonly string[];
  /** How it ends if it was done already: killed late, it is. */
  readonly doneCode?: number;
}

const CREATE = "container create --pod p --name once image";

/** What all that it takes to keep a container is made of. */
export const DEEDS: readonly Deed[] = [
  { before: [], command: "pull IMAGE", undo: ["rmi image"] },
  {
    before: ["pull IMAGE"],
    command: CREATE,
    undo: ["rm once"],
    doneCode: 4,
  },
  { before: [CREATE], command: "start once", undo: ["stop --force once"] },
  {
    before: ["start once"],
    command: "stop --force once",
    undo: ["start once"],
  },
  {
    before: [],
    command: "rm --force --ignore once",
    undo: [CREATE, "start once"],
  },
  {
    before: ["rm --force once"],
    command: "rmi --ignore image",
    undo: ["pull IMAGE"],
  },
];

/** Further commands; each leaves the store as it finds it once it is undone. */
export const MORE_DEEDS: readonly Deed[] = [
  {
    before: ["pull IMAGE"],
    command: "tag image other:1",
    undo: ["untag image other:1"],
  },
  {
    before: ["tag image other:1"],
    command: "untag image other:1",
    undo: ["tag image other:1"],
    doneCode: 3,
  },
  {
    before: ["untag image other:1"],
    command: "image pin image",
    undo: ["image unpin image"],
  },
  {
    before: [],
    command: "pod create --name q",
    undo: ["pod rm q"],
    doneCode: 4,
  },
  {
    before: ["pod create --name q", "container create --pod q --name in image"],
    command: "pod rm --force --ignore q",
    undo: ["pod create --name q", "container create --pod q --name in image"],
  },
  {
    before: ["pod rm --force --ignore q"],
    command: "push image oci:PUSHED:1",
    undo: [],
  },
  { before: [], command: "save --output SAVED image", undo: [] },
  {
    before: ["rmi image"],
    command: "load --input SAVED",
    undo: ["rmi --ignore image"],
  },
  { before: ["pull IMAGE"], command: "gc --all", undo: ["pull IMAGE"] },
];

/** The program as a subject of strace, on a store. */
export function programOf(
  store: SharedStore,
  args: readonly string[],
): Subject {
  const launcher = new URL("../../../scripts/orlop", import.meta.url);
  return {
    argv: [fromFileUrl(launcher), ...args],
    env: {
      ORLOP_DENO: Deno.execPath(),
      ORLOP_ROOT: store.root,
      ORLOP_RUNROOT: store.runRoot,
      NO_COLOR: "1",
    },
  };
}

/** Writes the image of the deeds: two layers, one of which takes tar to unpack. */
export async function writeTestImage(layout: string): Promise<void> {
  await writeLayout(layout, [
    await layerOf({ "a.txt": "a", "dir/": "", "dir/b.txt": "b" }),
    await layerOf({ "c.txt": "c", ".wh.a.txt": "" }), // needs tar, too
  ]);
}
