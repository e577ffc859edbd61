/** Counts pulls. */

import type { PullEvent } from "../../engine/progress/pull_event.ts";
import type { Gauge } from "../../formats/config/prometheus_text.ts";

/** Counts the pulls of one server. */
export class PullMetrics {
  /** Received bytes of current blobs, by digest: events report totals. */
  readonly #received = new Map<string, number>();
  #bytes = 0;
  #layers = 0;

  /** Takes an event of any pull. */
  add(event: PullEvent): void {
    switch (event.kind) {
      case "download": {
        const before = this.#received.get(event.digest) ?? 0;
        this.#bytes += Math.max(0, event.received - before);
        this.#received.set(event.digest, event.received);
        return;
      }
      case "committed":
        this.#layers++;
        this.#received.delete(event.digest);
        return;
      case "start":
      case "retry":
      case "unpacked":
        return;
    }
  }

  /**
   * All counts so far.
   *
   * @param running How many pulls there are now.
   */
  read(running: number): readonly Gauge[] {
    // What was interrupted begins again, or goes on, with the next pull.
    if (running === 0) this.#received.clear();
    return [
      {
        name: "orlop_image_pulls_running",
        help: "Transfers of images that are under way.",
        samples: [{ value: running }],
      },
      {
        name: "orlop_image_pulled_bytes_total",
        help: "Bytes of layers that were received.",
        type: "counter",
        samples: [{ value: this.#bytes }],
      },
      {
        name: "orlop_image_pulled_layers_total",
        help: "Layers that were received, unpacked and stored.",
        type: "counter",
        samples: [{ value: this.#layers }],
      },
    ];
  }
}
