/** Commands that tests kill in the middle of their work. */

import { fromFileUrl, join } from "@std/path";
import { truncateSync } from "node:fs";
import { writeBusyboxLayout } from "../images/busybox_layout.ts";
import { writeLayout } from "../images/layer_layout.ts";
import { layerOf } from "../images/stacked_layout.ts";
import type { Subject } from "./kill_points.ts";
import type { SharedStore } from "./shared_store.ts";

/** A command that is killed. */
export interface Scenario {
  /** What has to be done before it can be tried. */
  readonly before: readonly string[];
  readonly command: string;
  /** What takes it back, so that it can be tried again. */
  readonly undo: readonly string[];
  /** How it ends if it was done already: killed late, it is. */
  readonly doneCode?: number;
  /** What to do about one that was killed before it can be done once more. */
  readonly clear?: readonly string[];
  /** Whether what it starts goes on without it, perhaps without an end. */
  readonly isDetached?: boolean;
  /** Breaks the store that it is to put right. */
  readonly damage?: (store: SharedStore) => void;
}

// A run that was killed leaves its container, and its pod.
const AFTER_RUN = [
  "rm --force --time 0 --ignore ran",
  "pod rm --force --ignore ran-pod",
];
const CREATE_POD = [
  "pod create --name q",
  "container create --pod q --name in image",
];
const CREATE = "container create --pod p --name once image";

/** What all that it takes to keep a container is made of. */
export const SCENARIOS: readonly Scenario[] = [
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

/** Further commands: each begins with nothing but a pod, `p`. */
export const MORE_SCENARIOS: readonly Scenario[] = [
  {
    before: ["pull IMAGE"],
    command: "tag image other:1",
    undo: ["untag image other:1"],
  },
  {
    before: ["pull IMAGE", "tag image other:1"],
    command: "untag image other:1",
    undo: ["tag image other:1"],
    doneCode: 3,
  },
  {
    before: ["pull IMAGE"],
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
    before: ["pull IMAGE", ...CREATE_POD],
    command: "pod rm --force --ignore q",
    undo: CREATE_POD,
  },
  { before: ["pull IMAGE"], command: "push image oci:PUSHED:1", undo: [] },
  {
    before: ["pull IMAGE"],
    command: "save --output SAVED image",
    undo: [],
    doneCode: 4,
  },
  {
    before: ["pull IMAGE", "save --output SAVED image", "rmi image"],
    command: "load --input SAVED",
    undo: ["rmi --ignore image"],
  },
  {
    before: ["pull IMAGE"],
    command: "gc --all",
    undo: ["pull IMAGE"],
  },
  {
    before: ["pod create --name r"],
    command: "pod start r",
    undo: ["pod stop r"],
  },
  {
    before: ["pull BUSYBOX"],
    command: "run --rm --name ran busybox true",
    undo: [],
    clear: AFTER_RUN,
  },
  {
    before: ["pull BUSYBOX"],
    // To find its points, its end is waited for.
    command: "run --detach --name ran busybox sleep 2",
    undo: AFTER_RUN,
    clear: AFTER_RUN,
    isDetached: true,
  },
  {
    before: ["pull IMAGE", CREATE],
    command: "check --repair",
    undo: [],
    damage: ({ root }) =>
      truncateSync(join(root, "overlay-containers/containers.json"), 20),
  },
];

/** What brings a store with a pod, `p`, to where a command can be tried. */
export function stepsTo(scenario: Scenario): readonly string[] {
  const index = SCENARIOS.indexOf(scenario);
  const before = SCENARIOS.slice(0, Math.max(index, 0)).flatMap((
    other,
  ) => [...other.before, other.command, ...other.undo]);
  return [...before, ...scenario.before];
}

/** A store where all scenarios can be tried; it has a pod, `p`. */
export interface ScenarioPlace extends SharedStore {
  /** The words of a command, with what stands for paths filled in. */
  split(command: string): readonly string[];
  /** Runs commands, which must succeed. */
  runAll(commands: readonly string[]): Promise<void>;
}

/**
 * Makes one.
 *
 * @param images Where the images are put that it takes.
 */
export async function scenarioPlace(
  store: SharedStore,
  images: string,
): Promise<ScenarioPlace> {
  await writeTestImage(join(images, "image"));
  await writeBusyboxLayout(join(images, "busybox"));
  await store.orlop("pod", "create", "--name", "p");
  return asScenarioPlace(store, images);
}

/** A store where that was done. */
export function asScenarioPlace(
  store: SharedStore,
  images: string,
): ScenarioPlace {
  const split = (command: string) =>
    command.replace("IMAGE", `oci:${join(images, "image")}:latest`)
      .replace("BUSYBOX", `oci:${join(images, "busybox")}:latest`)
      .replace("PUSHED", join(images, "pushed"))
      .replace("SAVED", join(images, "saved")).split(" ");
  return {
    ...store,
    split,
    async runAll(commands) {
      for (const command of commands) await store.orlop(...split(command));
    },
  };
}

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

/** Writes the image of the scenarios: two layers, one of which takes tar to unpack. */
export async function writeTestImage(layout: string): Promise<void> {
  await writeLayout(layout, [
    await layerOf({ "a.txt": "a", "dir/": "", "dir/b.txt": "b" }),
    await layerOf({ "c.txt": "c", ".wh.a.txt": "" }), // needs tar, too
  ]);
}
