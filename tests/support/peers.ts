/** What this machine has, for tests that need root or other programs. */

import { isAbsolute, join } from "@std/path";

/** Whether the tests may mount, and give files to other users. */
export const isRoot: boolean = Deno.uid() === 0;

const told = new Set<string>();

/** Whether a program is in `PATH` or, for an absolute path, is there at all. */
export function hasProgram(name: string): boolean {
  if (isAbsolute(name)) return isFile(name);
  // Users other than root often lack the last two, where mount helpers live.
  const folders = `${Deno.env.get("PATH") ?? ""}:/usr/sbin:/sbin`.split(":");
  return folders.some((folder) => folder && isFile(join(folder, name)));
}

/**
 * Skips a test, loudly, where a program is missing; `"root"` stands for being
 * root: `Deno.test({ name, ...needs("root", "podman"), fn })`.
 */
export function needs(...programs: string[]): { ignore: boolean } {
  const missing = programs.filter((name) =>
    name === "root" ? !isRoot : !hasProgram(name)
  );
  for (const name of missing) {
    tell(name === "root" ? "not root" : `${name} is not installed`);
  }
  return { ignore: missing.length > 0 };
}

/** Skips a test, loudly, unless something holds; `why` says what does not. */
export function needsThat(holds: boolean, why: string): { ignore: boolean } {
  if (!holds) tell(why);
  return { ignore: !holds };
}

function tell(why: string): void {
  if (told.has(why)) return;
  told.add(why);
  // deno-lint-ignore no-console -- skipping must be seen by who runs the tests
  console.error(`SKIPPING tests: ${why}`);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false; // Absent, or in a folder that may not be searched.
  }
}
