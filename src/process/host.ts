/** Facts about the machine that Deno alone does not provide. */

import type { Libc, ResourceLimit } from "./libc.ts";
import type { FileStatus } from "./libc_status.ts";

/** The properties of the machine that matter to containers. */
export interface Host {
  /** This process's limit, such as of `nofile`; undefined if not known. */
  readLimit(resource: string): ResourceLimit | undefined;
  /** The capabilities of this process, a bit each; undefined if not known. */
  readCapabilities(): bigint | undefined;
  /** The machine's name; undefined if not known. */
  readHostname(): string | undefined;
  /** The OOM score adjustment of this process; undefined if not known. */
  readOomScore(): number | undefined;
  /** A file or device, links followed; undefined if there is none. */
  readStatus(path: string): FileStatus | undefined;
}

/** The kernel's numbers, on x86-64 and arm64: <asm-generic/resource.h>. */
const RESOURCES: Readonly<Record<string, number>> = {
  cpu: 0,
  fsize: 1,
  data: 2,
  stack: 3,
  core: 4,
  rss: 5,
  nproc: 6,
  nofile: 7,
  memlock: 8,
  as: 9,
  locks: 10,
  sigpending: 11,
  msgqueue: 12,
  nice: 13,
  rtprio: 14,
  rttime: 15,
};

/** The machine, as seen through libc; without it as far as Deno sees. */
export function openHost(libc: Libc | undefined): Host {
  return {
    readLimit: (resource) => {
      const number = Object.hasOwn(RESOURCES, resource)
        ? RESOURCES[resource]
        : undefined;
      return number === undefined ? undefined : libc?.readLimit(number);
    },
    readCapabilities: () => libc?.readCapabilities(),
    readHostname: () => ifAllowed(() => Deno.hostname()),
    readOomScore: () => readOomScore(libc),
    readStatus: (path) => libc ? libc.readStatus(path) : statusOf(path),
  };
}

function readOomScore(libc: Libc | undefined): number | undefined {
  const text = libc?.readProcessFile(Deno.pid, "oom_score_adj");
  return text === undefined ? undefined : Number(text);
}

function ifAllowed<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined; // Deno was not given the permission
  }
}

function statusOf(path: string): FileStatus | undefined {
  try {
    const { mode, uid, gid, rdev } = Deno.statSync(path);
    if (mode === null || uid === null || gid === null || rdev === null) {
      return undefined; // not so on Linux
    }
    // glibc's gnu_dev_major() and gnu_dev_minor(), of 32 bits.
    const major = (rdev >>> 8) & 0xfff;
    const minor = (rdev & 0xff) | ((rdev >>> 12) & 0xfff00);
    return { mode, uid, gid, major, minor };
  } catch {
    return undefined; // there is none, or Deno does not show it
  }
}
