/**
 * Whether Deno grants a path, for paths without number. Deno keeps the answer to
 * each question as long as the process lives, so a daemon that asked about each file
 * of each container would grow: here the folders are asked about that were granted.
 */

/** Such as `Deno.permissions.querySync()`. */
export type QueryPath = (
  descriptor: { readonly name: PathPermission; readonly path: string },
) => Pick<Deno.PermissionStatus, "state" | "partial">;

/** A permission that is given by paths. */
export type PathPermission = "read" | "write";

/** Whether a path, which is absolute, may be read or written. */
export type IsPathGranted = (name: PathPermission, path: string) => boolean;

/** Makes one that remembers which folders to ask about. */
export function createPathGrants(query: QueryPath): IsPathGranted {
  const known: Record<PathPermission, string[]> = { read: [], write: [] };
  return (name, path) => {
    const isWhole = (folder: string) => {
      const { state, partial } = query({ name, path: folder });
      return state === "granted" && !partial;
    };
    // Such a path does not lead to where it seems to.
    if (/\/(\.{0,2}\/|\.{1,2}$)/.test(path)) {
      return query({ name, path }).state === "granted";
    }
    // Each time: it may have been given up.
    if (known[name].some((folder) => isIn(folder, path) && isWhole(folder))) {
      return true;
    }
    const folder = foldersOf(path).find(isWhole);
    if (folder === undefined) return query({ name, path }).state === "granted";
    known[name].push(folder);
    return true;
  };
}

/** That of this process, with Deno's answers. */
export const isPathGranted: IsPathGranted = createPathGrants((descriptor) =>
  Deno.permissions.querySync(descriptor)
);

/** The folders that a path is in, the outermost first. */
function foldersOf(path: string): readonly string[] {
  const names = path.split("/");
  return names.slice(0, -1)
    .map((_, index) => names.slice(0, index + 1).join("/") || "/");
}

function isIn(folder: string, path: string): boolean {
  return path.startsWith(folder === "/" ? folder : `${folder}/`);
}
