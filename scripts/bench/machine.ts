/** The machine that benchmarks run on, and its mounts. */

/**
 * Describes the machine in one line: results of different machines are not
 * comparable.
 */
export async function describeMachine(): Promise<string> {
  const cpu = await readKernel("/proc/cpuinfo");
  const model = /model name\s*:\s*(.*)/.exec(cpu)?.[1] ?? Deno.build.arch;
  const gib = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  return `${model}, ${navigator.hardwareConcurrency} cores, ${gib} GiB, ` +
    `Linux ${Deno.osRelease()}, load ${Deno.loadavg()[0]?.toFixed(1)}`;
}

/** Unmounts, whatever uses it, all that is mounted below a directory. */
export async function unmountBelow(directory: string): Promise<void> {
  const table = await readKernel("/proc/self/mountinfo");
  const targets = table.split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((target) => target.startsWith(`${directory}/`));
  for (const target of targets.reverse()) {
    await new Deno.Command("umount", { args: ["-l", target] }).output();
  }
}

/** By a program: whoever gave up `ffi` may not open these files itself. */
async function readKernel(path: string): Promise<string> {
  const { stdout } = await new Deno.Command("cat", { args: [path] }).output();
  return new TextDecoder().decode(stdout);
}
