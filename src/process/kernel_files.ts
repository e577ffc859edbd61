/** Reads files of the kernel, below `/proc` and `/sys`: Deno shows none. */

import type { Abortable } from "../errors/abort.ts";
import { findProgram } from "./find_program.ts";
import { runCommand } from "./run_command.ts";

// What the kernel takes for one command, less a margin: MAX_ARG_STRLEN.
const MAX_ARGS_LENGTH = 100_000;

/**
 * Reads small files at once, in one go.
 *
 * @param paths Absolute; those of this process are another's, of its child.
 * @returns Their texts by their paths; nothing for a file that is not there,
 *   that cannot be read, or that is empty.
 * @throws {CommandError} If `grep`, which reads them, may not be run.
 */
export async function readKernelFiles(
  paths: readonly string[],
  options: Abortable = {},
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const part of partsOf(paths)) {
    // The name, a NUL, and a line: what no name and no text can look like.
    const { stdout } = await runCommand(findProgram("grep"), [
      ...["--with-filename", "--null", "--no-messages", "--text", "--", ""],
      ...part,
    ], { ...options, okCodes: "any", group: "shared" });
    for (const line of stdout.split("\n")) {
      const end = line.indexOf("\0");
      if (end < 0) continue;
      const path = line.slice(0, end);
      texts.set(path, `${texts.get(path) ?? ""}${line.slice(end + 1)}\n`);
    }
  }
  return texts;
}

function partsOf(paths: readonly string[]): readonly (readonly string[])[] {
  const parts: string[][] = [];
  let length = MAX_ARGS_LENGTH;
  for (const path of paths) {
    length += path.length + 1;
    if (length > MAX_ARGS_LENGTH) {
      parts.push([]);
      length = path.length + 1;
    }
    parts.at(-1)?.push(path);
  }
  return parts;
}
