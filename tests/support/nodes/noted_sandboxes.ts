/** Sandboxes that exist as records and notes only: nothing is mounted or runs. */

import {
  forgetAttachment,
  noteAttachment,
} from "../../../src/engine/sandboxes/attachment_note.ts";
import { chooseNetworks } from "../../../src/engine/sandboxes/sandbox_network.ts";
import {
  placesOf,
  type SandboxPlaces,
} from "../../../src/engine/sandboxes/sandbox_places.ts";
import {
  type SandboxState,
  writeSandboxState,
} from "../../../src/engine/sandboxes/sandbox_state.ts";
import {
  type ContainerId,
  parseContainerId,
} from "../../../src/formats/storage/store_ids.ts";
import { type FakePlugins, fakePlugins } from "./fake_plugins.ts";
import { libc } from "../own_libc.ts";
import { sandboxRequest, sandboxState } from "../sandboxes.ts";
import {
  addImage,
  APP,
  podOptions,
  type TestRuntime,
  testRuntime,
} from "../test_runtime.ts";

/** A store whose sandboxes have networks of plugins that note their calls. */
export interface NotedSandboxes extends Disposable {
  readonly test: TestRuntime;
  readonly plugins: FakePlugins;
  /** Messages with their fields, but those for debugging. */
  readonly logged: readonly (readonly unknown[])[];
  /** How plugins were called so far: verb, type, interface and namespace. */
  listCalls(): readonly string[];
  /** Makes one; `without` leaves out its record or its note. */
  make(podName: string, options?: MadeSandbox): Promise<{
    readonly id: ContainerId;
    readonly state: SandboxState;
    readonly places: SandboxPlaces;
  }>;
}

/** How a sandbox is to be. */
export interface MadeSandbox extends Partial<SandboxState> {
  readonly without?: "record" | "note";
}

/** Opens a store without sandboxes, and with the networks "front" and "back". */
export async function notedSandboxes(): Promise<NotedSandboxes> {
  const plugins = fakePlugins();
  const logged: (readonly unknown[])[] = [];
  const test = testRuntime({
    libc,
    log: (...all) => all[0] !== "debug" && logged.push(all),
  });
  const { agent } = test;
  await addImage(agent, { names: [APP] });
  for (const [index, name] of ["front", "back"].entries()) {
    plugins.add(name);
    plugins.describe(`${index}.conflist`, {
      ...{ cniVersion: "1.1.0", name, plugins: [{ type: name }] },
    });
  }
  const networks = { ...plugins.settings, names: ["front", "back"] };
  return {
    ...{ test, plugins, logged },
    listCalls: () =>
      plugins.listCalls().map(({ verb, type, env }) =>
        [verb, type, env["CNI_IFNAME"], env["CNI_NETNS"]]
          .filter(Boolean).join(" ")
      ),
    async make(podName, { without, ...changes } = {}) {
      const id = parseContainerId(`${podName}-id`);
      const request = { ...sandboxRequest(podName), podId: id, networks };
      const state = sandboxState({
        createdAtNs: 7n,
        request,
        networks: chooseNetworks(request),
        ...changes,
      });
      const places = placesOf(agent.store.paths, id);
      if (without !== "record") {
        await test.runtime.createPodSandbox(
          podOptions({ podName, podId: id, containerName: `${podName}-infra` }),
        );
        writeSandboxState(agent, id, state);
      }
      noteAttachment(agent, id, state);
      if (without === "note") forgetAttachment(agent, id);
      await Deno.mkdir(places.directory, { recursive: true });
      for (const path of [places.net, places.programLock, places.user]) {
        await Deno.writeTextFile(path, "");
      }
      await Deno.mkdir(places.shm);
      return { id, state, places };
    },
    [Symbol.dispose]() {
      test[Symbol.dispose]();
      plugins[Symbol.dispose]();
    },
  };
}

/** Mounts, in memory, what a sandbox has. */
export async function mountIn(
  { mounter }: TestRuntime,
  { net, shm }: SandboxPlaces,
): Promise<void> {
  for (const target of [net, shm]) {
    await mounter.mount({
      ...{ source: "none", target, type: "tmpfs", flags: [], data: "" },
    });
  }
}
