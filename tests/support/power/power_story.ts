/** Commands on a disk that remembers, and stores as power cuts would have left them. */

import { assert } from "@std/assert";
import { join } from "@std/path";
import { existsSync, readFileSync } from "node:fs";
import {
  asDeedPlace,
  type DeedPlace,
  deedPlace,
} from "../programs/killed_deeds.ts";
import { type SharedStore, sharedStore } from "../programs/shared_store.ts";
import { run } from "../servers/registry_server.ts";
import { inDirectory, tempDir } from "../temp_dir.ts";
import { applyCut, type LogEntry } from "./block_log.ts";
import { type FileSystem, loggedDisk } from "./logged_disk.ts";

/** What was done on a disk, and what was in the store between. */
export interface PowerStory extends AsyncDisposable {
  readonly fileSystem: FileSystem;
  /** All that the disk was told; a mark before and after each command. */
  readonly log: readonly LogEntry[];
  /** A copy of the disk as it was at first. */
  readonly image: string;
  /** The names in the store when each mark was made, in their order. */
  readonly chapters: readonly Chapter[];
  /** Where the images are that were pulled. */
  readonly images: string;
}

/** A command, and the names in the store. */
export interface Chapter {
  readonly mark: string;
  readonly names: readonly string[];
}

/** What the power left: a store that works, if all is well. */
export interface CutStore extends DeedPlace {
  /** Names that have to be there, whatever was going on. */
  readonly kept: readonly string[];
  /** Names that may be there. */
  readonly possible: readonly string[];
  /** What was going on when the power went. */
  readonly during: string;
}

/** The commands of a story. */
const STORY: readonly string[] = [
  "pull IMAGE",
  "tag image other:1",
  "container create --pod p --name once image",
  "start once",
  "stop once",
  "pull BUSYBOX",
  "image pin image",
  "pod create --name q",
  "container create --pod q --name in busybox",
  "container create --pod q --name beside image",
  "rm in",
  "untag image other:1",
  "run --rm --name ran busybox true",
  "rm once",
  "pod rm --force q",
  "image unpin image",
  "rmi busybox",
  "gc --all",
  "pull IMAGE",
  "rmi image",
];

/** Runs commands on a file system. */
export async function tellPowerStory(
  fileSystem: FileSystem,
): Promise<PowerStory> {
  const dir = tempDir();
  const chapters: Chapter[] = [];
  await using disk = await loggedDisk(fileSystem, dir.join("disk"));
  await using store = sharedStore(inDirectory(disk.path));
  const place = await deedPlace(store, dir.path);
  await write("the beginning");
  for (const command of STORY) {
    await write(`begun: ${command}`);
    await place.runAll([command]);
    await write(`done: ${command}`);
  }
  const log = disk.readLog();
  assert(log.some(({ kind }) => kind === "flush"), "the disk saw no flush");
  return {
    ...{ fileSystem, log, chapters, image: dir.join("disk"), images: dir.path },
    async [Symbol.asyncDispose]() {
      await Promise.resolve(dir[Symbol.dispose]());
    },
  };

  async function write(text: string): Promise<void> {
    const mark = `${chapters.length} ${text}`;
    chapters.push({ mark, names: namesIn(store) });
    await disk.mark(mark);
  }
}

/** How a power cut is tried. */
export interface TryCut {
  /** So many entries of the log came before it. */
  readonly at: number;
  readonly random: () => number;
}

/**
 * Makes the disk as it was left, mounts it as after a reboot, and lets somebody look.
 *
 * @param look Gets the store; nothing was done in it since.
 */
export async function tryPowerCut(
  story: PowerStory,
  { at, random }: TryCut,
  look: (store: CutStore) => Promise<void>,
): Promise<void> {
  using dir = tempDir();
  const image = dir.join("disk");
  await run("cp", "--sparse=always", story.image, image);
  // Of what was not flushed: nothing, all, or some.
  const share = [0, 1, 0.5, random()][Math.floor(random() * 4)] ?? 0;
  applyCut(image, story.log, { at, keeps: () => random() < share });
  const mounted = dir.join("mounted");
  await Deno.mkdir(mounted);
  await run("mount", "-o", story.fileSystem.options, image, mounted);
  try {
    await lookAt(story, { at, mounted }, look);
  } finally {
    await run("umount", "--recursive", mounted);
  }
}

/** The entries of a log at which a cut tells something new: each write and flush. */
export function cutsOf({ log }: PowerStory): readonly number[] {
  const first = log.findIndex(({ kind }) => kind === "mark");
  return log.flatMap(({ kind }, index) =>
    index > first && kind !== "mark" ? [index + 1] : []
  );
}

async function lookAt(
  { log, chapters, images }: PowerStory,
  { at, mounted }: { readonly at: number; readonly mounted: string },
  look: (store: CutStore) => Promise<void>,
): Promise<void> {
  const marks = log.slice(0, at).filter(({ kind }) => kind === "mark").length;
  const [before, after] = [chapters[marks - 1], chapters[marks]];
  assert(before !== undefined);
  // A reboot empties it.
  await Deno.remove(join(mounted, "runroot"), { recursive: true })
    .catch((error) => assert(error instanceof Deno.errors.NotFound));
  await using store = sharedStore(inDirectory(mounted));
  const next = new Set(after?.names ?? before.names);
  const isBusy = before.mark.includes("begun: ");
  // What it makes it also removes, so that no mark knows of it.
  const passing = before.mark.includes("begun: run --rm")
    ? namesIn({ root: join(mounted, "root") })
    : [];
  await look({
    ...asDeedPlace(store, images),
    during: `${isBusy ? "" : "after "}${before.mark}`,
    kept: isBusy ? before.names.filter((name) => next.has(name)) : before.names,
    possible: [...before.names, ...isBusy ? next : [], ...passing],
  });
}

/** All names that records have, of which nothing says that they are half-made. */
export function namesIn(
  { root }: Pick<SharedStore, "root">,
): readonly string[] {
  return ["layers", "images", "containers"].flatMap((kind) => {
    const path = join(root, `overlay-${kind}`, `${kind}.json`);
    if (!existsSync(path)) return [];
    const records: readonly NamedRecord[] = JSON.parse(
      readFileSync(path, "utf8"),
    );
    return records
      .filter(({ flags = {} }) =>
        !flags["incomplete"] && !flags["orlop-incomplete"]
      )
      .flatMap(({ id, names = [] }) => [id, ...names])
      .map((name) => `${kind} ${name}`);
  });
}

interface NamedRecord {
  readonly id: string;
  readonly names?: readonly string[];
  readonly flags?: Readonly<Record<string, unknown>>;
}
