/** What an administrator says about serving Kubernetes. */

import type { RuntimeSettings } from "./runtime/runtime_context.ts";

/** How to serve. */
export interface ServeSettings extends RuntimeSettings {
  /** The socket's path; absolute. */
  readonly listen: string;
  /** Where metrics are read by HTTP; nowhere if undefined. */
  readonly metricsListen: HostAndPort | undefined;
}

/** Where a server listens. */
export interface HostAndPort {
  /** An address of this machine, without brackets. */
  readonly hostname: string;
  readonly port: number;
}
