/** Moves within one file system. */

/** How `move()` treats what is there. */
export interface MoveOptions {
  /** Replaces what is there. */
  readonly overwrite?: boolean;
}

/**
 * Renames a file or folder.
 *
 * @throws {Deno.errors.AlreadyExists} If `dest` is there, unless `overwrite`.
 */
export async function move(
  src: string | URL,
  dest: string | URL,
  { overwrite = false }: MoveOptions = {},
): Promise<void> {
  try {
    await Deno.lstat(dest);
    if (!overwrite) {
      throw new Deno.errors.AlreadyExists(`dest '${dest}' already exists`);
    }
    await Deno.remove(dest, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await Deno.rename(src, dest);
}
