/** Measures programs as a whole: wall time, CPU time, peak memory. */

/** What one run took. */
export interface Figures {
  /** In seconds. */
  readonly wall: number;
  /** User and system time of all its processes, in seconds. */
  readonly cpu: number;
  /** Of the largest process, in MiB. */
  readonly peak: number;
}

const KIB_PER_MIB = 1024;

/**
 * Runs a program to its end under GNU time.
 *
 * @throws {Error} If it fails, with what it printed.
 */
export async function measure(argv: readonly string[]): Promise<Figures> {
  const report = await Deno.makeTempFile();
  try {
    const { success, stderr } = await new Deno.Command("/usr/bin/time", {
      args: ["--format=%e %U %S %M", `--output=${report}`, ...argv],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) {
      throw new Error(
        `Cannot measure "${argv.join(" ")}": it failed: ` +
          new TextDecoder().decode(stderr),
      );
    }
    const [wall = 0, user = 0, system = 0, peak = 0] =
      (await Deno.readTextFile(report)).trim().split(" ").map(Number);
    return { wall, cpu: user + system, peak: peak / KIB_PER_MIB };
  } finally {
    await Deno.remove(report);
  }
}

/** The middle of all values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const low = sorted[Math.floor(middle)] ?? NaN;
  const high = sorted[Math.ceil(middle)] ?? NaN;
  return (low + high) / 2;
}

/** The middle of each figure. */
export function medianFigures(all: readonly Figures[]): Figures {
  return {
    wall: median(all.map(({ wall }) => wall)),
    cpu: median(all.map(({ cpu }) => cpu)),
    peak: median(all.map(({ peak }) => peak)),
  };
}
