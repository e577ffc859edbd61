/** Measures programs as a whole: wall time, CPU time, peak memory. */

/** What one run took. */
export interface Figures {
  /** In seconds. */
  readonly wall: number;
  /** The same, plus the time until its writes are on the disk. */
  readonly synced: number;
  /** User and system time of all its processes, in seconds. */
  readonly cpu: number;
  /** Of the largest process, in MiB. */
  readonly peak: number;
}

const KIB_PER_MIB = 1024;

/**
 * Runs a program to its end under GNU time.
 *
 * @param directory What it writes to.
 * @throws {Error} If it fails, with what it printed.
 */
export async function measure(
  argv: readonly string[],
  directory: string,
): Promise<Figures> {
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
    const synced = wall + await secondsToSync(directory);
    const cpu = user + system;
    return { wall, synced, cpu, peak: peak / KIB_PER_MIB };
  } finally {
    await Deno.remove(report);
  }
}

async function secondsToSync(directory: string): Promise<number> {
  const start = performance.now();
  await new Deno.Command("sync", { args: ["--file-system", directory] })
    .output();
  return (performance.now() - start) / 1000;
}

/** The middle of all values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const low = sorted[Math.floor(middle)] ?? NaN;
  const high = sorted[Math.ceil(middle)] ?? NaN;
  return (low + high) / 2;
}
