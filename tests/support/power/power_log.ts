/**
 * Runs commands on a disk that logs its writes, and restores what a power cut
 * would have left.
 */

import { assert } from "@std/assert";
import { join } from "@std/path";
import { existsSync, readFileSync } from "node:fs";
import {
  asScenarioPlace,
  type ScenarioPlace,
  scenarioPlace,
} from "../programs/killed_scenarios.ts";
import { type SharedStore, sharedStore } from "../programs/shared_store.ts";
import { run } from "../servers/registry_server.ts";
import { shuffled } from "../seeded.ts";
import { inDirectory, tempDir } from "../temp_dir.ts";
import { applyCut, type LogEntry } from "./block_log.ts";
import { type FileSystem, loggedDisk } from "./logged_disk.ts";

/** The log of a disk, and the names in the store after each step. */
export interface PowerLog extends AsyncDisposable {
  readonly fileSystem: FileSystem;
  /** All writes and flushes; a mark before and after each command. */
  readonly log: readonly LogEntry[];
  /** A copy of the disk as it was at first. */
  readonly image: string;
  /** The names in the store when each mark was made, in their order. */
  readonly steps: readonly Step[];
  /** Where the images are that were pulled. */
  readonly images: string;
}

/** A command, and the names in the store. */
export interface Step {
  readonly mark: string;
  readonly names: readonly string[];
}

/** A store after a power cut: it has to work. */
export interface CutStore extends ScenarioPlace {
  /** Names that must be there. */
  readonly kept: readonly string[];
  /** Names that may be there. */
  readonly possible: readonly string[];
  /** The command that the power cut interrupted. */
  readonly during: string;
}

/** The commands whose writes are logged. */
const COMMANDS: readonly string[] = [
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
export async function recordPowerLog(
  fileSystem: FileSystem,
): Promise<PowerLog> {
  const dir = tempDir();
  const steps: Step[] = [];
  await using disk = await loggedDisk(fileSystem, dir.join("disk"));
  await using store = sharedStore(inDirectory(disk.path));
  const place = await scenarioPlace(store, dir.path);
  await write("the beginning");
  for (const command of COMMANDS) {
    await write(`begun: ${command}`);
    await place.runAll([command]);
    await write(`done: ${command}`);
  }
  const log = disk.readLog();
  assert(log.some(({ kind }) => kind === "flush"), "the disk saw no flush");
  return {
    ...{ fileSystem, log, steps, image: dir.join("disk"), images: dir.path },
    async [Symbol.asyncDispose]() {
      await Promise.resolve(dir[Symbol.dispose]());
    },
  };

  async function write(text: string): Promise<void> {
    const mark = `${steps.length} ${text}`;
    steps.push({ mark, names: namesIn(store) });
    await disk.mark(mark);
  }
}

/** How a power cut is tried. */
export interface TryCut {
  /** How many entries of the log came before it. */
  readonly at: number;
  readonly random: () => number;
}

/**
 * Restores the disk as the power cut left it, mounts it as after a reboot, and
 * calls `look`.
 *
 * @param look Receives the store, before any command ran in it.
 */
export async function tryPowerCut(
  powerLog: PowerLog,
  { at, random }: TryCut,
  look: (store: CutStore) => Promise<void>,
): Promise<void> {
  using dir = tempDir();
  const image = dir.join("disk");
  await run("cp", "--sparse=always", powerLog.image, image);
  // Of what was not flushed: nothing, all, or some.
  const share = [0, 1, 0.5, random()][Math.floor(random() * 4)] ?? 0;
  applyCut(image, powerLog.log, { at, keeps: () => random() < share });
  const mounted = dir.join("mounted");
  await Deno.mkdir(mounted);
  await run("mount", "-o", powerLog.fileSystem.options, image, mounted);
  try {
    await lookAt(powerLog, { at, mounted }, look);
  } finally {
    await run("umount", "--recursive", mounted);
  }
}

/**
 * The entries of a log at which a cut makes a difference, which is each write and
 * flush. In random order, but every command has its turn, however little it writes.
 */
export function shuffledCuts(
  { log }: Pick<PowerLog, "log">,
  random: () => number,
): readonly number[] {
  const commands: number[][] = [];
  for (const [index, { kind }] of log.entries()) {
    if (kind === "mark") commands.push([]);
    else commands.at(-1)?.push(index + 1);
  }
  return shuffled(commands, random)
    .flatMap((cuts) => [...shuffled(cuts, random).entries()])
    .toSorted(([one], [other]) => one - other)
    .map(([, at]) => at);
}

async function lookAt(
  { log, steps, images }: PowerLog,
  { at, mounted }: { readonly at: number; readonly mounted: string },
  look: (store: CutStore) => Promise<void>,
): Promise<void> {
  const marks = log.slice(0, at).filter(({ kind }) => kind === "mark").length;
  const [before, after] = [steps[marks - 1], steps[marks]];
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
    ...asScenarioPlace(store, images),
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
