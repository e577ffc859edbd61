/** Folders that tests work in. */

import { dirname, join } from "@std/path";

/** A folder that is removed, with all in it, when its scope ends. */
export interface TempDir extends Disposable {
  /** The folder's absolute path. */
  readonly path: string;
  /** Names a path inside the folder. */
  join(...parts: string[]): string;
}

/**
 * Makes an empty folder: `using dir = tempDir();`.
 *
 * @param dir Where; below `TMPDIR` or `/tmp` if left out.
 */
export function tempDir(dir?: string): TempDir {
  const made = Deno.makeTempDirSync({
    prefix: "orlop-",
    ...(dir !== undefined && { dir }),
  });
  // By its real path: orlop and the kernel's mount table name it so.
  const path = Deno.realPathSync(made);
  return {
    path,
    join: (...parts) => join(path, ...parts),
    [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }),
  };
}

/** A folder that is somebody else's to remove. */
export function inDirectory(path: string): TempDir {
  return {
    path,
    join: (...parts) => join(path, ...parts),
    [Symbol.dispose]: () => {},
  };
}

/** Writes files below a folder, by their paths, with the folders that they need. */
export async function writeFiles(
  dir: TempDir,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = dir.join(name);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
}
