/** Small files that are synced together, which is much faster than one by one. */

import { dirname } from "@std/path";
import { removeIfThere } from "./if_there.ts";
import { temporaryFor } from "./write_atomically.ts";

interface StagedFile {
  readonly temporary: string;
  readonly path: string;
  /** Whether its content is on the disk. */
  isSynced: boolean;
}

/** Options of `StagedFiles.commit()`. */
export interface CommitOptions {
  /**
   * `"later"` if the next start can restore what a power cut undoes.
   *
   * @default {"sync"}
   */
  readonly directory?: "later" | "sync" | undefined;
}

/**
 * Files and directories that become visible and durable together. Each file is
 * replaced atomically, as with `writeAtomically()`.
 */
export class StagedFiles implements Disposable {
  readonly #files: StagedFile[] = [];
  readonly #directories = new Set<string>();
  readonly #actions: (() => void)[] = [];

  /** Writes a file that is there from `commit()` on. */
  write(path: string, content: string, mode: number): void {
    const temporary = temporaryFor(path);
    this.#files.push({ temporary, path, isSynced: false });
    Deno.writeTextFileSync(temporary, content, {
      createNew: true,
      mode, // whatever the umask
    });
    this.#directories.add(dirname(path));
  }

  /** Registers a directory to be synced. */
  keep(...directories: readonly string[]): void {
    for (const path of directories) this.#directories.add(path);
  }

  /** Registers an action after the renames, such as making a link. */
  afterwards(action: () => void): void {
    this.#actions.push(action);
  }

  /** Syncs the written files in advance, so that `commit()` has less to do. */
  async sync(): Promise<void> {
    // In parallel, so that the file system writes its journal once for all.
    await Promise.all(
      this.#files.filter(({ isSynced }) => !isSynced).map(async (staged) => {
        const options = { read: true, write: true };
        using file = await Deno.open(staged.temporary, options);
        await file.syncData();
        staged.isSynced = true;
      }),
    );
  }

  /** Gives the files their names; then all is on the disk. */
  async commit({ directory = "sync" }: CommitOptions = {}): Promise<void> {
    await this.sync();
    this.#giveNames();
    for (const action of this.#actions) action();
    if (directory === "later") return;
    await Promise.all(
      [...this.#directories].map(async (path) => {
        using directory = await Deno.open(path);
        await directory.sync();
      }),
    );
  }

  #giveNames(): void {
    for (const { temporary, path } of this.#files) {
      Deno.renameSync(temporary, path);
    }
    this.#files.length = 0;
  }

  /** Removes what was not committed. */
  [Symbol.dispose](): void {
    for (const { temporary } of this.#files) removeIfThere(temporary);
  }
}
