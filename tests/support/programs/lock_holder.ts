/** Locks files as other programs do: through Python's fcntl. */

import { lines } from "./lines.ts";

/** How a program locks: POSIX record locks, or those of open files. */
export type LockStyle = "posix" | "ofd";

const SCRIPT = `
import fcntl, struct, sys
path, style, kind, mode = sys.argv[1:]
file = open(path, "r+b")
flock = struct.pack("hhqqi4x", {"read": 0, "write": 1}[kind], 0, 0, 0, 0)
try:
    fcntl.fcntl(file, {"posix": fcntl.F_SETLK, "ofd": 37}[style], flock)
    print("locked", flush=True)
except OSError:
    print("refused", flush=True)
if mode == "hold":
    sys.stdin.read()
`;

/** A lock that another process holds until this is disposed of. */
export interface HeldElsewhere extends AsyncDisposable {
  readonly pid: number;
}

/** Holds a lock in another process. */
export async function holdLock(
  path: string,
  { style, kind }: { style: LockStyle; kind: "read" | "write" },
): Promise<HeldElsewhere> {
  const child = new Deno.Command("python3", {
    args: ["-c", SCRIPT, path, style, kind, "hold"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = lines(child.stdout);
  const first = (await output.next()).value;
  if (first !== "locked") throw new Error(`Cannot lock "${path}": ${first}`);
  return {
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      await child.stdin.close();
      await output.return();
      await child.status;
    },
  };
}

/** Whether another process could lock a file now. */
export async function canLock(
  path: string,
  { style, kind }: { style: LockStyle; kind: "read" | "write" },
): Promise<boolean> {
  const { stdout } = await new Deno.Command("python3", {
    args: ["-c", SCRIPT, path, style, kind, "try"],
  }).output();
  return new TextDecoder().decode(stdout) === "locked\n";
}
