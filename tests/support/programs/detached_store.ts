/** A store in which orlop and podman both run containers that nobody waits for. */

import { writeBusyboxLayout } from "../images/busybox_layout.ts";
import { needs } from "../peers.ts";
import { ORLOP } from "./orlop_program.ts";
import { LIMITS, type SharedStore, sharedStore } from "./shared_store.ts";

/** What such tests need. */
export const DETACHED_NEEDS: { ignore: boolean } = needs(
  ...["root", "podman", "conmon", "runc", "busybox", "mount", "findmnt"],
);

/** A store with an image that both run. */
export interface DetachedStore extends SharedStore {
  readonly image: string;
  /** Runs the same in both, as `theirs` and as `ours`, with {@linkcode LIMITS}. */
  runBoth(...words: string[]): Promise<void>;
}

// Where cgroups are those of the machine around this one.
const RUN_FLAGS = [
  ...["--cgroupns=host", "--network=none", "--log-driver=k8s-file"],
  ...LIMITS,
];

/** Opens one: `await using store = await detachedStore();`. */
export async function detachedStore(): Promise<DetachedStore> {
  const store = sharedStore();
  await writeBusyboxLayout(store.join("layout"));
  const image = await store.orlop("pull", `oci:${store.join("layout")}`);
  const close = store[Symbol.asyncDispose];
  return {
    ...{ ...store, image },
    async runBoth(...words) {
      const { podman, orlop } = store;
      await podman("run", "-d", "--name", "theirs", ...RUN_FLAGS, ...words);
      await orlop("run", "-d", "--name", "ours", ...LIMITS, ...words);
    },
    async [Symbol.asyncDispose]() {
      await store.tryOrlop("rm", "--all", "--force", "--time", "0");
      await store.tryPodman("rm", "-a", "-f", "-t", "0");
      await close();
    },
  };
}

/** Starts orlop on a store, with pipes for all that it reads and writes. */
export function spawnOrlop(
  { root, runRoot }: SharedStore,
  ...args: string[]
): Deno.ChildProcess {
  return new Deno.Command(ORLOP, {
    args: ["--root", root, "--runroot", runRoot, ...args],
    env: { ORLOP_DENO: Deno.execPath() },
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
}
