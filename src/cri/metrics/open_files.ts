/** Counts the open files of processes. */

import { type Abortable, linkSignals } from "../../errors/abort.ts";
import { CommandError } from "../../errors/store_errors.ts";
import { parseCounter } from "../../formats/kernel/kernel_text.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { findProgram } from "../../process/find_program.ts";
import {
  type KernelFilesOptions,
  readKernelFiles,
} from "../../process/kernel_files.ts";
import { runCommand } from "../../process/run_command.ts";

/** What the processes of a container have open. */
export interface OpenFiles {
  readonly descriptors: bigint;
  readonly sockets: bigint;
  /** The limit of the first process; undefined if there is none. */
  readonly maxDescriptors: bigint | undefined;
}

// A container may open millions of files: then the number is omitted.
const TIMEOUT_MS = 3000;
// For one call of the program; the kernel accepts 2 MB of arguments.
const MAX_PROCESSES = 5000;
// For one container: of more processes only these are counted.
const MAX_OF_CONTAINER = 500;

/**
 * Counts; a process that ends meanwhile has none.
 *
 * @param processes The process IDs of containers.
 * @returns Nothing if there are too many to count.
 */
export async function readOpenFiles(
  processes: ReadonlyMap<ContainerId, readonly number[]>,
  { signal, libc }: KernelFilesOptions,
): Promise<ReadonlyMap<ContainerId, OpenFiles>> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    return await count(processes, {
      libc,
      signal: linkSignals(signal, timeout),
    });
  } catch (error) {
    signal?.throwIfAborted();
    if (timeout.aborted || error instanceof CommandError) return new Map();
    throw error;
  }
}

async function count(
  processes: ReadonlyMap<ContainerId, readonly number[]>,
  options: KernelFilesOptions,
): Promise<ReadonlyMap<ContainerId, OpenFiles>> {
  const known = new Map([...processes].map(([id, ids]) => [
    id,
    ids.slice(0, MAX_OF_CONTAINER),
  ]));
  const all = [...known.values()].flat();
  const counts = await countDescriptors(all, options);
  const limits = await readKernelFiles(
    [...known.values()].flatMap(([first]) =>
      first === undefined ? [] : [limitsOf(first)]
    ),
    options,
  );
  return new Map([...known].map(([id, ids]) => {
    const found = ids.flatMap((process) => counts.get(process) ?? []);
    return [id, {
      descriptors: BigInt(found.reduce((n, { all }) => n + all, 0)),
      sockets: BigInt(found.reduce((n, { sockets }) => n + sockets, 0)),
      maxDescriptors: parseLimit(limits.get(limitsOf(ids[0] ?? 0))),
    }];
  }));
}

interface Counts {
  all: number;
  sockets: number;
}

async function countDescriptors(
  processes: readonly number[],
  { signal }: Abortable,
): Promise<ReadonlyMap<number, Counts>> {
  const counts = new Map<number, Counts>();
  for (let start = 0; start < processes.length; start += MAX_PROCESSES) {
    const part = processes.slice(start, start + MAX_PROCESSES);
    const { stdout } = await runCommand(findProgram("find"), [
      ...part.map((id) => `/proc/${id}/fd`),
      ...["-maxdepth", "1", "-type", "l", "-printf", "%h %l\\n"],
    ], { signal, okCodes: "any", group: "shared" });
    for (const line of stdout.split("\n")) {
      const [, id, target] = /^\/proc\/(\d+)\/fd (.*)$/.exec(line) ?? [];
      if (id === undefined) continue;
      const count = counts.get(Number(id)) ?? { all: 0, sockets: 0 };
      count.all++;
      if (target?.startsWith("socket:")) count.sockets++;
      counts.set(Number(id), count);
    }
  }
  return counts;
}

function limitsOf(process: number): string {
  return `/proc/${process}/limits`;
}

function parseLimit(text = ""): bigint | undefined {
  return parseCounter(/^Max open files +(\d+) /m.exec(text)?.[1]);
}
