/** A containerd of the benchmark's own: its daemon does the work of a pull. */

import { type Figures, measure } from "./measure.ts";

/** A running containerd. */
export interface Containerd extends AsyncDisposable {
  pull(image: string): Promise<Figures>;
}

const START_TIMEOUT_MS = 10_000;
// USER_HZ of Linux, in which /proc counts CPU time.
const TICKS_PER_SECOND = 100;
const KIB_PER_MIB = 1024;

/** Starts a containerd with nothing in it, below a directory. */
export async function startContainerd(directory: string): Promise<Containerd> {
  const socket = `${directory}/containerd.sock`;
  const config = `${directory}/config.toml`;
  await Deno.mkdir(directory);
  await Deno.writeTextFile(
    config,
    `version = 2\nroot = "${directory}/root"\nstate = "${directory}/state"\n` +
      `disabled_plugins = ["io.containerd.grpc.v1.cri"]\n` +
      `[grpc]\naddress = "${socket}"\n`,
  );
  const child = new Deno.Command("containerd", {
    args: ["--config", config, "--log-level", "error"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const ctr = ["ctr", "--address", socket];
  await waitFor([...ctr, "version"]);
  return {
    async pull(image) {
      const before = await cpuSeconds(child.pid);
      const client = await measure(
        [...ctr, "images", "pull", "--plain-http", image],
        directory,
      );
      const daemon = await cpuSeconds(child.pid) - before;
      const peak = Math.max(client.peak, await peakMiB(child.pid));
      return { ...client, cpu: client.cpu + daemon, peak };
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}

async function waitFor(argv: readonly string[]): Promise<void> {
  const end = performance.now() + START_TIMEOUT_MS;
  const [program = "", ...args] = argv;
  while (performance.now() < end) {
    const { success } = await new Deno.Command(program, {
      args,
      stdout: "null",
      stderr: "null",
    }).output();
    if (success) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("Cannot start containerd: it does not answer");
}

/** User and system time of a process and the children that it waited for. */
async function cpuSeconds(pid: number): Promise<number> {
  const text = await Deno.readTextFile(`/proc/${pid}/stat`);
  // The name, in brackets, may hold blanks; proc(5) counts from 1.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
  const ticks = fields.slice(11, 15).reduce((sum, value) => sum + value, 0);
  return ticks / TICKS_PER_SECOND;
}

async function peakMiB(pid: number): Promise<number> {
  const text = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? 0) / KIB_PER_MIB;
}
