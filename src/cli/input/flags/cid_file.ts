/** The file of `--cidfile`: created before its container. */

import { UsageError } from "../../usage_error.ts";
import { badFlag } from "./flag_value.ts";

/** A new file, which is removed unless an ID is written to it. */
export interface CidFile extends Disposable {
  /** Writes the container's ID. */
  write(id: string): void;
}

/**
 * Makes the file, if one is wanted.
 *
 * @throws {UsageError} If it is there already, or cannot be made.
 */
export function openCidFile(path: string | undefined): CidFile | undefined {
  if (path === undefined || path === "") return undefined;
  const file = create(path);
  let isWritten = false;
  return {
    write(id) {
      file.writeSync(new TextEncoder().encode(id));
      isWritten = true;
    },
    [Symbol.dispose]() {
      file.close();
      if (!isWritten) Deno.removeSync(path);
    },
  };
}

function create(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { write: true, createNew: true });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      throw new UsageError(
        `Cannot use "--cidfile=${path}": it is there, of another container; ` +
          `remove it if that one is gone`,
      );
    }
    throw badFlag("cidfile", path, "it cannot be made there");
  }
}
