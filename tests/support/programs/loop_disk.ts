/** File systems of their own, in files: small enough to be filled. */

import { join } from "@std/path";
import {
  closeSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { toText } from "../../../src/formats/bytes.ts";
import { run } from "../servers/registry_server.ts";
import { tempDir } from "../temp_dir.ts";

/** How a file system is made. */
export interface LoopDiskOptions {
  /** A program, such as `mkfs.ext4`, and its arguments. */
  readonly mkfs: readonly [string, ...string[]];
  readonly megabytes: number;
  /** Options of the mount, beside `loop`. */
  readonly options?: string;
}

/** A mounted file system; unmounted when disposed of. */
export interface LoopDisk extends AsyncDisposable {
  /** Where it is mounted. */
  readonly path: string;
  /** Mounts it anew with other options. */
  remount(options: string): Promise<void>;
  /** Writes until nothing is free, or no more than so many bytes. */
  fillBlocks(leave?: number): void;
  /** Makes files until there can be no more, or so many. */
  fillInodes(leave?: number): void;
  /** Takes away all that it was filled with. */
  empty(): void;
  /** Free bytes and inodes; ext4 keeps some blocks even from root. */
  free(): { readonly bytes: number; readonly inodes: number };
}

/** Makes one and mounts it. */
export async function loopDisk(
  { mkfs: [program, ...args], megabytes, options }: LoopDiskOptions,
): Promise<LoopDisk> {
  const dir = tempDir();
  const image = dir.join("image");
  const path = dir.join("disk");
  await Deno.mkdir(path);
  await Deno.writeFile(image, new Uint8Array());
  await Deno.truncate(image, megabytes * 1024 * 1024);
  await run(program, ...args, image);
  const words = ["loop", ...options === undefined ? [] : [options]];
  await run("mount", "-o", words.join(","), image, path);
  return {
    path,
    remount: async (options) => {
      await run("mount", "-o", `remount,${options}`, path);
    },
    fillBlocks(leave = 0) {
      const ballast = join(path, "ballast");
      if (leave === 0) fillBlocks(ballast);
      else fillBlocksBut(leave, freeOn(path).blocks, ballast);
    },
    fillInodes(leave = 0) {
      const count = freeOn(path).inodes - leave;
      fillInodes(join(path, "ballast"), leave === 0 ? Infinity : count);
    },
    empty: () => removeBallast(path),
    free: () => freeOn(path),
    async [Symbol.asyncDispose]() {
      await run("umount", "--recursive", "--lazy", path);
      dir[Symbol.dispose]();
    },
  };
}

function freeOn(path: string) {
  const { bavail, bfree, bsize, ffree } = statfsSync(path);
  return { bytes: bavail * bsize, blocks: bfree * bsize, inodes: ffree };
}

/** In one file; what names its blocks takes a few more. */
function fillBlocksBut(leave: number, free: number, path: string): void {
  if (free <= leave) return;
  const { success, stderr } = new Deno.Command("fallocate", {
    args: ["--length", `${free - leave}`, path],
  }).outputSync();
  if (!success) throw new Error(toText(stderr));
}

function removeBallast(path: string): void {
  for (const name of readdirSync(path)) {
    if (name.startsWith("ballast")) rmSync(join(path, name));
  }
}

// Smaller and smaller, until not even a byte fits.
const CHUNKS = [4 * 1024 * 1024, 64 * 1024, 4096, 1];

function fillBlocks(prefix: string): void {
  for (let n = 0;; n++) {
    const path = `${prefix}${n}`;
    let fd: number;
    try {
      fd = openSync(path, "w");
    } catch {
      return; // there is no room for a name
    }
    let written = 0;
    try {
      for (const size of CHUNKS) {
        const chunk = new Uint8Array(size);
        try {
          for (;;) written += writeSync(fd, chunk);
        } catch {
          // Full for this size.
        }
      }
    } finally {
      closeSync(fd);
    }
    // What is held back for a moment comes free: until that is used up, too.
    if (written === 0) {
      rmSync(path);
      return;
    }
  }
}

function fillInodes(prefix: string, count: number): void {
  for (let n = 0; n < count; n++) {
    try {
      closeSync(openSync(`${prefix}-inode${n}`, "w"));
    } catch {
      return;
    }
  }
}
