/** A store in which orlop and podman both run containers that nobody waits for. */

import { writeBusyboxLayout } from "../images/busybox_layout.ts";
import { needs } from "../peers.ts";
import { type SharedStore, sharedStore } from "./shared_store.ts";

/** What such tests need. */
export const DETACHED_NEEDS: { ignore: boolean } = needs(
  ...["root", "podman", "conmon", "runc", "busybox", "mount", "findmnt"],
);

/** A store with an image that both run. */
export interface DetachedStore extends SharedStore {
  readonly image: string;
  /** `podman run -d`, with what limited machines need. */
  podmanDetached(...args: string[]): Promise<string>;
  /** What a program of both prints, and its exit code. */
  tryPodman(...args: string[]): Promise<Ended>;
}

/** How a program ended. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

// Where cgroups and limits are those of the machine around this one.
const RUN_FLAGS = [
  ...["--cgroupns=host", "--network=none", "--log-driver=k8s-file"],
  ...["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000"],
];

/** Opens one: `await using store = await detachedStore();`. */
export async function detachedStore(): Promise<DetachedStore> {
  const store = sharedStore();
  await writeBusyboxLayout(store.join("layout"));
  const image = await store.orlop("pull", `oci:${store.join("layout")}`);
  const close = store[Symbol.asyncDispose];
  return {
    ...store,
    image,
    podmanDetached: (...args) =>
      store.podman("run", "-d", ...RUN_FLAGS, ...args),
    tryPodman: async (...args) => {
      const { code, stdout, stderr } = await new Deno.Command("podman", {
        args: [
          ...["--root", store.root, "--runroot", store.runRoot],
          ...["--storage-driver", "overlay", "--runtime", "runc"],
          ...["--cgroup-manager", "cgroupfs", ...args],
        ],
        stdin: "null",
      }).output();
      const decoder = new TextDecoder();
      const textOf = (bytes: Uint8Array) => decoder.decode(bytes).trimEnd();
      return { code, out: textOf(stdout), err: textOf(stderr) };
    },
    async [Symbol.asyncDispose]() {
      await store.tryOrlop("rm", "--all", "--force", "--time", "0");
      await new Deno.Command("podman", {
        args: [
          ...["--root", store.root, "--runroot", store.runRoot],
          ...["--storage-driver", "overlay", "--runtime", "runc"],
          ...["--cgroup-manager", "cgroupfs", "rm", "-a", "-f", "-t", "0"],
        ],
        ...{ stdout: "null", stderr: "null" },
      }).output();
      await close();
    },
  };
}
