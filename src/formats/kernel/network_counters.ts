/** What network interfaces have sent and received: `/proc/net/dev`, proc(5). */

/** An interface's counters, since it was made. */
export interface NetworkCounters {
  /** Such as `eth0`. */
  readonly name: string;
  readonly received: TrafficCounters;
  readonly sent: TrafficCounters;
}

/** In one direction. */
export interface TrafficCounters {
  readonly bytes: bigint;
  readonly packets: bigint;
  readonly errors: bigint;
  readonly dropped: bigint;
}

// Columns: 8 that are received, 8 that are sent, of which the first 4 count here.
const COLUMNS = 16;
const SENT = 8;

/** Parses the table; lines that are none of an interface are passed over. */
export function parseNetworkCounters(
  text: string,
): readonly NetworkCounters[] {
  return text.split("\n").flatMap((line): readonly NetworkCounters[] => {
    const end = line.lastIndexOf(":");
    if (end < 0) return [];
    const words = line.slice(end + 1).trim().split(/\s+/);
    if (words.length < COLUMNS || !words.every((word) => /^\d+$/.test(word))) {
      return [];
    }
    const counters = words.map(BigInt);
    return [{
      name: line.slice(0, end).trim(),
      received: trafficOf(counters),
      sent: trafficOf(counters.slice(SENT)),
    }];
  });
}

/** Interfaces that lead out: all but the loopback. */
export function withoutLoopback(
  interfaces: readonly NetworkCounters[],
): readonly NetworkCounters[] {
  return interfaces.filter(({ name }) => name !== "lo");
}

function trafficOf(
  [bytes = 0n, packets = 0n, errors = 0n, dropped = 0n]: readonly bigint[],
): TrafficCounters {
  return { bytes, packets, errors, dropped };
}
