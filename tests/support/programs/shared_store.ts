/** A store that orlop shares with podman and its kin, all as real programs. */

import { fromFileUrl, join } from "@std/path";
import { checkStore } from "../check_store.ts";
import { type TempDir, tempDir } from "../temp_dir.ts";
import {
  orlopIn,
  type OrlopProgram,
  type ProgramResult,
} from "./orlop_program.ts";

/** A program of the store's other users. */
export type Peer = (...args: string[]) => Promise<string>;

/** A store, and all that work on it; each throws if it fails. */
export interface SharedStore extends AsyncDisposable {
  readonly root: string;
  readonly runRoot: string;
  /** Where a test may put what it needs. */
  join(...parts: string[]): string;
  /** Does not throw. */
  readonly tryOrlop: OrlopProgram;
  readonly orlop: Peer;
  readonly podman: Peer;
  /** Does not throw. */
  readonly tryPodman: OrlopProgram;
  /** `podman run`, with what limited machines need. */
  readonly podmanRun: Peer;
  readonly buildah: Peer;
  /** The `containers-storage` command. */
  readonly storage: Peer;
  /** The newest of them: see {@linkcode NEWEST_STORAGE}. */
  readonly newest: Peer;
  /** `skopeo copy`; a name without a transport is one in the store. */
  copy(from: string, to: string): Promise<string>;
  /** See {@linkcode checkStore}. */
  check(leftovers?: "allowed" | "none"): readonly string[];
  /** Mount points in the store, from the kernel. */
  mounts(): readonly string[];
}

/** The programs that {@linkcode sharedStore} may run. */
export const PEERS = [
  ...["root", "busybox", "mount", "findmnt", "runc"],
  ...["podman", "buildah", "skopeo", "containers-storage"],
];

/** Where `scripts/newest_storage` puts what it builds. */
export const NEWEST_STORAGE: string = fromFileUrl(
  new URL(
    "../../../.tools/newest-storage/containers-storage",
    import.meta.url,
  ),
);

/** Limits of containers that limited machines, too, can give. */
export const LIMITS: readonly string[] = [
  ...["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000"],
];

// Where cgroups are those of the machine around this one.
const RUN_FLAGS = ["--cgroupns=host", "--log-driver=none", ...LIMITS];

/**
 * Makes an empty store.
 *
 * @param dir Where; left out, in a folder of its own.
 */
export function sharedStore(dir: TempDir = tempDir()): SharedStore {
  const root = dir.join("root");
  const runRoot = dir.join("runroot");
  const tryOrlop = orlopIn(dir.path);
  const common = [
    ...["--root", root, "--runroot", runRoot, "--storage-driver", "overlay"],
  ];
  const podmanFlags = [
    ...common,
    ...["--runtime", "runc", "--cgroup-manager", "cgroupfs"],
  ];
  const storageFlags = [
    ...["--graph", root, "--run", runRoot, "--storage-driver", "overlay"],
  ];
  const tryPodman = tryPeer("podman", podmanFlags);
  const podman = peer("podman", podmanFlags);
  const inStore = (name: string) =>
    /^(oci|dir):/.test(name)
      ? name
      : `containers-storage:[overlay@${root}+${runRoot}]${name}`;
  const mounts = () => listMounts(dir.path);
  return {
    root,
    runRoot,
    join: dir.join,
    tryOrlop,
    orlop: async (...args) =>
      demand(["orlop", ...args], await tryOrlop(...args)),
    ...{ podman, tryPodman },
    podmanRun: (...args) => {
      const network = args.includes("--network") ? [] : ["--network=none"];
      return podman("run", ...RUN_FLAGS, ...network, ...args);
    },
    buildah: peer("buildah", common),
    storage: peer("containers-storage", storageFlags),
    newest: peer(NEWEST_STORAGE, storageFlags),
    copy: (from, to) =>
      peer("skopeo", ["--insecure-policy", "copy", "--quiet"])(
        inStore(from),
        inStore(to),
      ),
    check: (leftovers = "none") => checkStore({ root, runRoot, leftovers }),
    mounts,
    async [Symbol.asyncDispose]() {
      for (let tries = 1;; tries++) {
        for (const target of mounts().toReversed()) {
          await new Deno.Command("umount", { args: ["-l", target] }).output();
        }
        try {
          return dir[Symbol.dispose]();
        } catch (error) {
          // What podman leaves in the background may mount once more.
          if (tries === 5) throw error;
          await new Promise((resolve) => setTimeout(resolve, 500));
        }
      }
    },
  };
}

function peer(program: string, flags: readonly string[]): Peer {
  const run = tryPeer(program, flags);
  return async (...args) => demand([program, ...args], await run(...args));
}

function tryPeer(program: string, flags: readonly string[]): OrlopProgram {
  return async (...args) => {
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args: [...flags, ...args],
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return {
      code,
      out: decoder.decode(stdout).trimEnd(),
      err: decoder.decode(stderr).trimEnd(),
    };
  };
}

function demand(
  argv: readonly string[],
  { code, out, err }: ProgramResult,
): string {
  if (code === 0) return out;
  const said = [err, out].filter(Boolean).join("; ");
  throw new Error(`${argv.join(" ")}: code ${code}: ${said}`);
}

function listMounts(directory: string): readonly string[] {
  return Deno.readTextFileSync("/proc/self/mountinfo").split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((target) => target.startsWith(join(directory, "/")));
}
