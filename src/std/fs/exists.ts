/** Checks whether files exist. */

/** What to look for besides the name. */
export interface ExistsOptions {
  /** Requires a folder. */
  readonly isDirectory?: boolean;
  /** Requires a regular file. */
  readonly isFile?: boolean;
}

/** Whether there is something of this name, behind a link also. */
export async function exists(
  path: string | URL,
  options?: ExistsOptions,
): Promise<boolean> {
  try {
    return matches(await Deno.stat(path), options);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Like `exists()`, but synchronous. */
export function existsSync(
  path: string | URL,
  options?: ExistsOptions,
): boolean {
  try {
    return matches(Deno.statSync(path), options);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function matches(
  info: Deno.FileInfo,
  { isDirectory = false, isFile = false }: ExistsOptions = {},
): boolean {
  if (isDirectory && isFile) {
    throw new TypeError("isDirectory and isFile exclude each other");
  }
  return (!isDirectory || info.isDirectory) && (!isFile || info.isFile);
}
