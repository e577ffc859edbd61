/** A file system on a disk that remembers all that it was told. */

import { assert } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { existsSync } from "node:fs";
import { run } from "../servers/registry_server.ts";
import { type TempDir, tempDir } from "../temp_dir.ts";
import { until } from "../until.ts";
import { type LogEntry, readLog } from "./block_log.ts";

/** How a file system is made, and mounted. */
export interface FileSystem {
  readonly name: string;
  /** A program, and its arguments. */
  readonly mkfs: readonly [string, ...string[]];
  readonly megabytes: number;
  /** Options of a mount. */
  readonly options: string;
  /** Whether its kernel module can let it fail at once, as a broken disk does. */
  readonly canShutDown: boolean;
}

/**
 * As users have them: with a journal, and what their programs make by default. A mount
 * may live on in a namespace that somebody has made meanwhile, and xfs refuses a copy
 * of what is mounted.
 */
export const FILE_SYSTEMS: readonly FileSystem[] = [
  {
    name: "ext4",
    mkfs: ["mkfs.ext4", "-q", "-F", "-b", "4096"],
    megabytes: 128,
    options: "loop",
    canShutDown: true,
  },
  {
    name: "xfs",
    mkfs: ["mkfs.xfs", "-q", "-f"],
    megabytes: 320,
    options: "loop,nouuid",
    canShutDown: true,
  },
  {
    // Unlike the others it keeps no order between directories, unless it is told to.
    name: "btrfs",
    mkfs: ["mkfs.btrfs", "-q", "-f"],
    megabytes: 320,
    options: "loop",
    canShutDown: false,
  },
];

/** Why no disk can be logged here; undefined if one can. */
export function whyNoLoggedDisk(): string | undefined {
  for (const path of ["/dev/fuse", "/dev/loop-control"]) {
    if (!existsSync(path)) return `no ${path}`;
  }
  return undefined;
}

/** A mounted file system, all of whose writes and flushes are logged. */
export interface LoggedDisk extends AsyncDisposable {
  /** Where it is mounted. */
  readonly path: string;
  /** Puts a word between the writes. */
  mark(text: string): Promise<void>;
  /** What the disk was told so far. */
  readLog(): readonly LogEntry[];
}

/**
 * Makes one.
 *
 * @param image Where a copy of the disk is put as it is before anything is logged.
 */
export async function loggedDisk(
  fileSystem: FileSystem,
  image: string,
): Promise<LoggedDisk> {
  await makeImage(fileSystem, image);
  const dir = tempDir();
  const path = dir.join("mounted");
  await Deno.mkdir(path);
  const server = await serveDisk(dir, image);
  await run("mount", "-o", fileSystem.options, dir.join("fuse/disk"), path);
  return {
    path,
    mark: (text) => Deno.writeTextFile(dir.join("fuse/mark"), text),
    readLog: () => readLog(dir.join("log")),
    async [Symbol.asyncDispose]() {
      await run("umount", "--recursive", path);
      // The kernel lets go of a loop device later: for btrfs, when all its
      // processors have been idle, which on a busy machine took half a minute.
      const umount = new Deno.Command("umount", { args: [dir.join("fuse")] });
      await until(async () => (await umount.output()).success, {
        withinMs: LET_GO_MS,
      });
      const { success } = await server.status;
      dir[Symbol.dispose]();
      assert(success, "the disk's server failed");
    },
  };
}

const LET_GO_MS = 180_000;

/** Makes an empty file system in a file. */
export async function makeImage(
  { mkfs: [program, ...args], megabytes }: FileSystem,
  image: string,
): Promise<void> {
  await Deno.writeFile(image, new Uint8Array());
  await Deno.truncate(image, megabytes * 1024 * 1024);
  await run(program, ...args, image);
}

/** Starts the program whose file is the disk. */
async function serveDisk(
  dir: TempDir,
  image: string,
): Promise<Deno.ChildProcess> {
  await Deno.mkdir(dir.join("fuse"));
  await Deno.writeFile(dir.join("log"), new Uint8Array());
  await run("cp", "--sparse=always", image, dir.join("image"));
  const program = new URL("serve_disk.ts", import.meta.url);
  const server = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--allow-all", fromFileUrl(program)],
      ...[dir.join("fuse"), dir.join("image"), dir.join("log")],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  await until(() => existsSync(dir.join("fuse/disk")));
  return server;
}
