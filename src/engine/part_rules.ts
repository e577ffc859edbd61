/** When a blob is fetched over several connections, and over how many. */

/** How to fetch large blobs whose connection is slow. */
export interface PartRules {
  /**
   * Connections for one blob; 1 to fetch none in parts.
   *
   * @default {4}
   */
  readonly connections?: number | undefined;
  /**
   * How many bytes must be left for it.
   *
   * @default {64 MiB}
   */
  readonly above?: number | undefined;
  /**
   * Below so many bytes a second a connection is slow.
   *
   * @default {24 MiB}
   */
  readonly slowBelow?: number | undefined;
  /**
   * How long the first connection is watched, in milliseconds.
   *
   * @default {2000}
   */
  readonly watchMs?: number | undefined;
  /**
   * How many bytes are asked for at once, and kept in memory for each connection.
   *
   * @default {8 MiB}
   */
  readonly partBytes?: number | undefined;
}

const MIB = 1024 * 1024;

/** What holds unless anything else is said. */
export const DEFAULT_PART_RULES = {
  connections: 4,
  // Less is there before it pays to ask for more connections.
  above: 64 * MIB,
  // What stores of blobs give to one connection, and a tenth of a fast network.
  slowBelow: 24 * MIB,
  watchMs: 2000,
  partBytes: 8 * MIB,
} as const satisfies PartRules;
