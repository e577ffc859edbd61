/**
 * orlop as users run it: the launcher, with its permissions, in a process; or
 * the built file that `ORLOP` names.
 */

import { fromFileUrl, resolve } from "@std/path";

/** What a run of the program left. */
export interface ProgramResult {
  readonly code: number;
  /** Without the newline at the end. */
  readonly out: string;
  readonly err: string;
}

/** Runs orlop on a store of its own. */
export type OrlopProgram = (...args: string[]) => Promise<ProgramResult>;

/** The program that tests run: an absolute path. */
export const ORLOP: string = resolve(
  Deno.env.get("ORLOP") ??
    fromFileUrl(new URL("../../../scripts/orlop", import.meta.url)),
);

/**
 * The program, with a store below a directory, and these arguments.
 *
 * @param options `program` instead of it: one that runs it, with the arguments.
 */
export function orlopCommand(
  directory: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  { program = ORLOP }: { readonly program?: string } = {},
): Deno.Command {
  return new Deno.Command(program, {
    args: [...args],
    env: {
      ORLOP_DENO: Deno.execPath(),
      ORLOP_ROOT: `${directory}/root`,
      ORLOP_RUNROOT: `${directory}/runroot`,
      NO_COLOR: "1",
      ...env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Makes a function that runs orlop on a store below a directory. */
export function orlopIn(
  directory: string,
  env: Readonly<Record<string, string>> = {},
): OrlopProgram {
  return async (...args) => {
    const { code, stdout, stderr } = await orlopCommand(
      directory,
      args,
      env,
    )
      .output();
    return { code, out: toLine(stdout), err: toLine(stderr) };
  };
}

function toLine(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).trimEnd();
}
