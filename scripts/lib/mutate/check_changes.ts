/** Which changes of a program do not compile. */

import { basename, dirname, join } from "@std/path";

/** A file as it is after a change. */
export interface ChangedFile {
  readonly path: string;
  readonly source: string;
}

// `at file:///copy/src/a/mutant_12_b.ts:3:7`.
const PLACE = /\/mutant_(\d+)_/g;

/**
 * Checks the types of all changed files at once, each beside the file that it
 * was made from.
 *
 * @param root A copy of the checkout.
 * @returns The places of those in the list that do not compile.
 */
export async function findInvalid(
  root: string,
  files: readonly ChangedFile[],
): Promise<ReadonlySet<number>> {
  const invalid = new Set<number>();
  const paths = files.map(({ path }, index) =>
    join(root, dirname(path), `mutant_${index}_${basename(path)}`)
  );
  try {
    await Promise.all(
      paths.map((path, index) =>
        Deno.writeTextFile(path, files[index]?.source ?? "")
      ),
    );
    // One that cannot be parsed hides all others: then it is found alone.
    for (let known = -1; known < invalid.size;) {
      known = invalid.size;
      const rest = paths.filter((_, index) => !invalid.has(index));
      if (rest.length === 0) break;
      const child = new Deno.Command(Deno.execPath(), {
        args: ["check", "--quiet", ...rest],
        cwd: root,
        stdin: "null",
      });
      const { success, stdout, stderr } = await child.output();
      if (success) break;
      const said = [stdout, stderr].map((bytes) =>
        new TextDecoder().decode(bytes)
      ).join("");
      const places = [...said.matchAll(PLACE)];
      if (places.length === 0) throw new Error(`Cannot check types: ${said}`);
      for (const [, index] of places) invalid.add(Number(index));
    }
  } finally {
    await Promise.all(paths.map((path) => Deno.remove(path)));
  }
  return invalid;
}
