/** Small texts of the kernel, below `/proc` and `/sys`. */

/** Lines of a name and a number: `memory.stat`, `cpu.stat`. */
export function parseCounters(text = ""): ReadonlyMap<string, bigint> {
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/));
  return new Map(lines.flatMap(([name, value, ...rest]) => {
    const number = parseCounter(value);
    return name && number !== undefined && rest.length === 0
      ? [[name, number] as const]
      : [];
  }));
}

/** A number; undefined if it is none, such as `max`. */
export function parseCounter(text = ""): bigint | undefined {
  const trimmed = text.trim();
  return /^\d{1,20}$/.test(trimmed) ? BigInt(trimmed) : undefined;
}

/** How long processes had to wait for something, for lack of it. */
export interface Pressure {
  /** While at least one of them waited. */
  readonly some: PressureTimes;
  /** While all of them waited. */
  readonly full: PressureTimes;
}

/** In percent of the last 10, 60 and 300 seconds, and all of it. */
export interface PressureTimes {
  readonly average10: number;
  readonly average60: number;
  readonly average300: number;
  readonly totalNs: bigint;
}

const NS_PER_US = 1000n;
const NO_TIMES: PressureTimes = {
  average10: 0,
  average60: 0,
  average300: 0,
  totalNs: 0n,
};

/**
 * Parses `cpu.pressure` and the like: Linux, Documentation/accounting/psi.rst.
 *
 * @returns Undefined if the text is something else.
 */
export function parsePressure(text = ""): Pressure | undefined {
  const some = parseTimes(text, "some");
  // Of the CPU of a whole machine there is none.
  return some && { some, full: parseTimes(text, "full") ?? NO_TIMES };
}

function parseTimes(
  text: string,
  word: "some" | "full",
): PressureTimes | undefined {
  const line = text.split("\n").find((line) => line.startsWith(`${word} `));
  if (line === undefined) return undefined;
  const valueOf = (name: string) =>
    new RegExp(` ${name}=(\\d{1,20}(?:\\.\\d{1,6})?)(?: |$)`).exec(line)?.[1];
  const total = parseCounter(valueOf("total"));
  if (total === undefined) return undefined;
  return {
    average10: Number(valueOf("avg10") ?? 0),
    average60: Number(valueOf("avg60") ?? 0),
    average300: Number(valueOf("avg300") ?? 0),
    totalNs: total * NS_PER_US,
  };
}
