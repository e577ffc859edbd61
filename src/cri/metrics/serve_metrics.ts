/** All that is counted while serving. */

import type { Gauge } from "../../formats/config/prometheus_text.ts";
import type { ImageFileSystems } from "../images/image_file_systems.ts";
import type { SharedPulls } from "../images/shared_pulls.ts";
import { CallMetrics } from "./call_metrics.ts";
import { readProcessMetrics } from "./process_metrics.ts";
import { PullMetrics } from "./pull_metrics.ts";
import { readStoreMetrics } from "./store_metrics.ts";

/** What knows more than is counted. */
export interface Measured {
  readonly pulls: SharedPulls;
  readonly fileSystems: ImageFileSystems;
}

/** Counts from the start of the process on. */
export class ServeMetrics {
  readonly calls = new CallMetrics();
  readonly pulls = new PullMetrics();

  /** All metrics as they are now. */
  async read({ pulls, fileSystems }: Measured): Promise<readonly Gauge[]> {
    return [
      ...this.calls.read(),
      ...this.pulls.read(pulls.count),
      ...await readStoreMetrics(fileSystems),
      ...readProcessMetrics(),
    ];
  }
}
