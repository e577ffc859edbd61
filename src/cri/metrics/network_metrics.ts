/** Metrics of a pod's network. */

import type { Interfaces } from "../../engine/stats/network_reader.ts";
import {
  type TrafficCounters,
  withoutLoopback,
} from "../../formats/kernel/network_counters.ts";
import { counter, type MetricDefinition } from "./metric.ts";

const COUNTERS = {
  bytes: ["bytes", "bytes"],
  errors: ["errors", "errors"],
  dropped: ["packets_dropped", "packets that were dropped"],
  packets: ["packets", "packets"],
} as const;
const DIRECTIONS = {
  received: ["receive", "received"],
  sent: ["transmit", "sent"],
} as const;

/** All of them. */
export const NETWORK_METRICS: readonly MetricDefinition<Interfaces>[] = [
  ...inDirection("received"),
  ...inDirection("sent"),
];

function inDirection(
  direction: keyof typeof DIRECTIONS,
): readonly MetricDefinition<Interfaces>[] {
  const [word, done] = DIRECTIONS[direction];
  const kinds: readonly (keyof TrafficCounters)[] = [
    ...["bytes", "errors", "dropped", "packets"] as const,
  ];
  return kinds.map((kind) => {
    const [name, what] = COUNTERS[kind];
    return counter(
      `container_network_${word}_${name}_total`,
      `Cumulative count of ${what}, ${done}.`,
      {
        labels: ["interface"],
        valuesOf: (interfaces) =>
          withoutLoopback(interfaces).map((found) => ({
            labels: [found.name],
            value: found[direction][kind],
          })),
      },
    );
  });
}
