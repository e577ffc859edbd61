/** How much clients of the streaming server may have, and for how long. */

/** Limits of the streaming server; times in milliseconds. */
export interface StreamingLimits {
  /** How long a URL is good for. */
  readonly lifetimeMs: number;
  /** How many URLs may wait for their clients. */
  readonly maxTokens: number;
  /** How many clients may be served at once. */
  readonly maxConnections: number;
  /** How many connections without a valid token are allowed. */
  readonly maxPending: number;
  /** How long a client may take for the head of its request. */
  readonly headMs: number;
  /** How long a client may take to make its streams. */
  readonly creationMs: number;
  /** How long a connection may be open without data. */
  readonly idleMs: number;
  /** How long a client may take to close a finished connection. */
  readonly lingerMs: number;
}

/** The defaults: those of Kubernetes' own streaming server, where it has them. */
export const DEFAULT_LIMITS: StreamingLimits = {
  lifetimeMs: 60_000,
  maxTokens: 1000,
  maxConnections: 1000,
  maxPending: 256,
  headMs: 10_000,
  creationMs: 30_000,
  idleMs: 4 * 3600_000,
  lingerMs: 5000,
};
