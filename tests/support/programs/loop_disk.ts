/** File systems of their own, in files: small enough to be filled. */

import { join } from "@std/path";
import { closeSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
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
  /** Writes until nothing is free. */
  fillBlocks(): void;
  /** Makes files until there can be no more. */
  fillInodes(): void;
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
    fillBlocks: () => fillBlocks(join(path, "ballast")),
    fillInodes: () => fillInodes(join(path, "ballast")),
    free() {
      const { bavail, bsize, ffree } = statfsSync(path);
      return { bytes: bavail * bsize, inodes: ffree };
    },
    async [Symbol.asyncDispose]() {
      await run("umount", "--recursive", "--lazy", path);
      dir[Symbol.dispose]();
    },
  };
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

function fillInodes(prefix: string): void {
  for (let n = 0;; n++) {
    try {
      closeSync(openSync(`${prefix}-inode${n}`, "w"));
    } catch {
      return;
    }
  }
}
