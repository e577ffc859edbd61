/** Counts calls, and how long they take. */

import type {
  Gauge,
  GaugeSample,
} from "../../formats/config/prometheus_text.ts";
import { GRPC_CODE } from "../grpc/grpc_error.ts";
import type { EndedCall } from "../grpc/serve_call.ts";

// From a list to a pull, in seconds.
const BUCKETS = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60, 300] as const;

/** The calls of one method. */
interface Calls {
  /** By code. */
  readonly counts: Map<string, number>;
  /** How many took no longer than each of the buckets. */
  readonly buckets: number[];
  seconds: number;
}

const CODE_NAMES = new Map<number, string>(
  Object.entries(GRPC_CODE).map(([name, code]) => [code, name]),
);

/** Counts all calls of a server. */
export class CallMetrics {
  readonly #methods = new Map<string, Calls>();

  /** Counts one. */
  add({ path, isKnown, status, durationMs }: EndedCall): void {
    // Unknown methods share one label, as their number is unlimited.
    const method = isKnown ? path.replace(/^\/[\w.]*\.(?=\w+\/)/, "") : "other";
    const calls = this.#methods.get(method) ?? none();
    this.#methods.set(method, calls);
    const code = CODE_NAMES.get(status.code) ?? "";
    calls.counts.set(code, (calls.counts.get(code) ?? 0) + 1);
    const seconds = durationMs / 1000;
    calls.seconds += seconds;
    BUCKETS.forEach((most, index) => {
      if (seconds > most) return;
      calls.buckets[index] = (calls.buckets[index] ?? 0) + 1;
    });
  }

  /** All counts so far. */
  read(): readonly Gauge[] {
    const methods = [...this.#methods];
    return [
      {
        name: "orlop_cri_calls_total",
        help: "Calls that have ended, by method and status.",
        type: "counter",
        samples: methods.flatMap(([method, { counts }]) =>
          [...counts].map(([code, value]) => ({
            labels: { method, code },
            value,
          }))
        ),
      },
      {
        name: "orlop_cri_call_seconds",
        help: "How long calls took, by method.",
        type: "histogram",
        samples: methods.flatMap(([method, calls]) =>
          toHistogram(method, calls)
        ),
      },
    ];
  }
}

function none(): Calls {
  return { counts: new Map(), buckets: BUCKETS.map(() => 0), seconds: 0 };
}

function toHistogram(
  method: string,
  { counts, buckets, seconds }: Calls,
): readonly GaugeSample[] {
  const count = [...counts.values()].reduce((sum, value) => sum + value, 0);
  const bounds = [...BUCKETS.map(String), "+Inf"];
  return [
    ...bounds.map((le, index): GaugeSample => ({
      suffix: "_bucket",
      labels: { method, le },
      value: buckets[index] ?? count,
    })),
    { suffix: "_sum", labels: { method }, value: seconds },
    { suffix: "_count", labels: { method }, value: count },
  ];
}
