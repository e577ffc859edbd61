/** Applies a spool: one run of GNU tar a layer. */

/** A staged layer's files. */
export interface StagedLayer {
  /** The folder that holds `diff` and `spool.tar`; absolute. */
  readonly directory: string;
}

/**
 * The arguments for GNU tar (1.29 or later) that finish a staged layer. All
 * paths in a spool are free of symlinks, so that none is followed; names are taken
 * as they are, since its symlinks may point anywhere.
 */
export function spoolArguments({ directory }: StagedLayer): readonly string[] {
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

/**
 * Finishes a staged layer: symlinks, devices, whiteouts, extended attributes, and
 * what its directories shall be.
 *
 * @param run Runs GNU tar with these arguments, and fails if it does.
 */
export async function applySpool(
  staged: StagedLayer,
  run: (tarArguments: readonly string[]) => Promise<unknown>,
): Promise<void> {
  await run(spoolArguments(staged));
}
