/** Rules for fetching a blob over several connections. */

/** How to fetch large blobs whose connection is slow. */
export interface PartRules {
  /**
   * Connections for one blob; 1 to fetch none in parts.
   *
   * @default {4}
   */
  readonly connections?: number | undefined;
  /**
   * The minimum of remaining bytes.
   *
   * @default {64 MiB}
   */
  readonly above?: number | undefined;
  /**
   * A connection is slow below this rate, in bytes per second.
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

/** The defaults. */
export const DEFAULT_PART_RULES = {
  connections: 4,
  // For less, more connections do not pay.
  above: 64 * MIB,
  // The usual rate of blob stores for one connection, a tenth of a fast network.
  slowBelow: 24 * MIB,
  watchMs: 2000,
  partBytes: 8 * MIB,
} as const satisfies PartRules;
