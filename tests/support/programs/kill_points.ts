/**
 * Kills a program with SIGKILL just as it is about to change the disk: strace
 * counts its system calls, so that each moment that matters can be tried.
 */

import { basename } from "@std/path";
import { tempDir } from "../temp_dir.ts";

/** A system call of a program: the `nth` of its name in a thread. */
export interface KillPoint {
  readonly call: string;
  readonly nth: number;
}

/** A program and its arguments, and what it is to find in its environment. */
export interface Subject {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

// What changes a file system in a way that a crash can cut in two.
const CALLS: readonly string[] = [
  ...["rename", "unlink", "unlinkat", "rmdir", "mkdir", "symlink"],
  ...["fsync", "fdatasync", "chmod"],
];

/** All that changes one at all: many more points, between which little happens. */
export const ALL_CALLS: readonly string[] = [
  ...CALLS,
  ...["openat", "write", "pwrite64", "ftruncate", "fallocate"],
  ...["link", "linkat", "mkdirat", "mknodat", "symlinkat", "renameat2"],
  ...["fchmod", "fchmodat", "chown", "lchown", "fchown", "fchownat"],
  ...["utimensat", "copy_file_range", "syncfs", "setxattr", "lsetxattr"],
];

/** Runs a program to its end. @returns Where it can be killed. */
export async function findKillPoints(
  subject: Subject,
  { below, calls = CALLS }: {
    readonly below: string;
    readonly calls?: readonly string[];
  },
): Promise<readonly KillPoint[]> {
  using dir = tempDir();
  const output = dir.join("trace");
  const flags = ["-o", output, "-y", `--trace=${calls.join(",")}`];
  const { success, stderr } = await strace(flags, subject);
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const counts = new Map<string, number>();
  return (await Deno.readTextFile(output)).split("\n").flatMap((line) => {
    const [, thread, call = ""] = /^(\d+) +([a-z0-9_]+)\(/.exec(line) ?? [];
    if (!calls.includes(call)) return [];
    const nth = (counts.get(`${thread} ${call}`) ?? 0) + 1;
    counts.set(`${thread} ${call}`, nth);
    // Before it touches the store all moments are alike, and to read is no change.
    const isChange = call !== "openat" || /O_CREAT|O_TRUNC/.test(line);
    return isChange && line.includes(below) ? [{ call, nth }] : [];
  });
}

/**
 * Runs a program, and kills it, or what it runs; of that it tells then.
 *
 * @returns False if it ended well before it came to that point this time.
 */
export async function killAt(
  point: KillPoint,
  subject: Subject,
): Promise<boolean> {
  const { code, signal, stderr } = await signalAt(point, subject, "SIGKILL");
  if (signal === "SIGKILL" || code === 137) return true;
  if (code === 0) return false;
  const trace = new TextDecoder().decode(stderr);
  if (trace.includes("+++ killed by SIGKILL +++")) return true;
  throw new Error(`${basename(subject.argv[0] ?? "")}: ${code}: ${trace}`);
}

/** Runs a program, and sends it a signal, which it may handle in its own way. */
export function signalAt(
  point: KillPoint,
  subject: Subject,
  signal: Deno.Signal,
): Promise<Deno.CommandOutput> {
  return injectAt(point, subject, `signal=${signal}`);
}

/** As {@linkcode signalAt}, but does not wait for what the program leaves behind. */
export async function signalOnlyAt(
  point: KillPoint,
  { argv, env }: Subject,
  signal: Deno.Signal,
): Promise<Deno.CommandStatus> {
  // strace is the program's grandchild then, and stays with those that are left.
  const flags = ["-D", "-f", "-qq", ...injection(point, `signal=${signal}`)];
  return await new Deno.Command("strace", {
    args: [...flags, ...argv],
    env: { ...env },
    ...{ stdin: "null", stdout: "null", stderr: "null" },
  }).spawn().status;
}

/** Runs a program, and lets a system call fail, such as with `ENOSPC`. */
export function failAt(
  point: KillPoint,
  subject: Subject,
  error: string,
): Promise<Deno.CommandOutput> {
  return injectAt(point, subject, `error=${error}`);
}

function injectAt(
  point: KillPoint,
  subject: Subject,
  what: string,
): Promise<Deno.CommandOutput> {
  return strace(injection(point, what), subject);
}

function injection({ call, nth }: KillPoint, what: string): readonly string[] {
  return [`--trace=${call}`, `--inject=${call}:${what}:when=${nth}`];
}

function strace(
  flags: readonly string[],
  { argv, env }: Subject,
): Promise<Deno.CommandOutput> {
  return new Deno.Command("strace", {
    args: ["-f", "-qq", ...flags, ...argv],
    env: { ...env },
    stdin: "null",
  }).output();
}
