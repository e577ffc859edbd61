/** Creates and empties folders. */

/**
 * Makes a folder, and those above it, unless it is there.
 *
 * @throws {Error} If something else is there.
 */
export async function ensureDir(dir: string | URL): Promise<void> {
  await Deno.mkdir(dir, { recursive: true }).catch(async (error) => {
    throw await isOther(dir) ? notADirectory(dir) : error;
  });
}

/** Like `ensureDir()`, but synchronous. */
export function ensureDirSync(dir: string | URL): void {
  try {
    Deno.mkdirSync(dir, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    throw notADirectory(dir);
  }
}

/** Removes all that is in a folder; makes the folder if there is none. */
export async function emptyDir(dir: string | URL): Promise<void> {
  await ensureDir(dir);
  const entries = await Array.fromAsync(Deno.readDir(dir));
  const base = typeof dir === "string" ? dir : decodeURIComponent(dir.pathname);
  await Promise.all(
    entries.map(({ name }) =>
      Deno.remove(`${base}/${name}`, { recursive: true })
    ),
  );
}

async function isOther(dir: string | URL): Promise<boolean> {
  const info = await Deno.stat(dir).catch(() => undefined); // It may be absent.
  return info !== undefined && !info.isDirectory;
}

function notADirectory(dir: string | URL): Error {
  return new Error(`Failed to ensure directory exists: "${dir}" is a file`);
}
