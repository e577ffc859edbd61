/** Applies a spool: one run of GNU tar a layer. */

import { NoSpaceError } from "../errors/image_errors.ts";

/**
 * The arguments for GNU tar (1.29 or later) that finish a staged layer. All
 * paths in a spool are free of symlinks, so that none is followed; names are taken
 * as they are, since its symlinks may point anywhere.
 *
 * @param directory The folder that holds `diff` and `spool.tar`; absolute.
 */
export function spoolArguments(directory: string): readonly string[] {
  return [
    "--extract",
    `--file=${directory}/spool.tar`,
    `--directory=${directory}/diff`,
    "--absolute-names",
    "--preserve-permissions",
    "--same-owner",
    "--numeric-owner",
    "--xattrs",
    "--xattrs-include=*",
    "--no-selinux",
    "--no-acls",
    "--warning=no-timestamp",
  ];
}

/** Options of {@linkcode applySpool}. */
export interface ApplySpoolOptions {
  /** What errors call it. */
  readonly layer?: string;
}

/**
 * Finishes a staged layer: symlinks, devices, whiteouts, extended attributes, and
 * what its directories shall be.
 *
 * @param directory The folder that holds `diff` and `spool.tar`; absolute.
 * @param run Runs GNU tar with these arguments, fails if it does, and returns
 *   what it printed on stderr.
 * @throws {NoSpaceError} If the disk is full.
 * @throws {Error} If an extended attribute cannot be set, which to tar is no
 *   failure: without it a deleted file would be there again.
 */
export async function applySpool(
  directory: string,
  run: (tarArguments: readonly string[]) => Promise<string>,
  { layer = "the layer" }: ApplySpoolOptions = {},
): Promise<void> {
  const printed = await run(spoolArguments(directory)).catch(
    (error: unknown) => {
      throw isLackOfSpace(error) ? noSpace(layer, error) : error;
    },
  );
  const problem = findLostAttribute(printed);
  if (problem === undefined) return;
  throw new Error(
    `Cannot finish ${layer}: ${problem}; orlop needs all capabilities of ` +
      `root, and a file system with extended attributes`,
  );
}

function isLackOfSpace(error: unknown): boolean {
  const words = /No space left on|Disk quota exceeded|Wrote only \d+ of \d+/;
  return error instanceof Error && words.test(error.message);
}

function noSpace(layer: string, cause: unknown): NoSpaceError {
  const why = "no space left on device";
  return new NoSpaceError(`Cannot unpack ${layer}: ${why}`, { cause });
}

/**
 * Finds what GNU tar (with LC_ALL=C) only warns of. That a file system has no
 * attributes of some kind is tolerated, as containers/storage does, but overlayfs
 * cannot do without its own.
 */
export function findLostAttribute(stderr: string): string | undefined {
  const warnings = stderr.matchAll(
    /Cannot set '([^']*)' extended attribute for file '(.*)': (.*)/g,
  );
  for (const [, name = "", file = "", reason = ""] of warnings) {
    const isTolerated = reason === "Operation not supported" &&
      !name.startsWith("trusted.overlay.");
    if (!isTolerated) return `attribute "${name}" of "${file}": ${reason}`;
  }
  return undefined;
}
