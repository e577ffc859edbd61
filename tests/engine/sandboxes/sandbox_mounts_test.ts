import { assertEquals } from "@std/assert";
import {
  makeDirectory,
  mountSandbox,
  unmountSandbox,
} from "../../../src/engine/sandboxes/sandbox_mounts.ts";
import {
  namespacesOf,
  placesOf,
  type SandboxPlaces,
} from "../../../src/engine/sandboxes/sandbox_places.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import { systemMounter } from "../../../src/mount/system_mounter.ts";
import { libc } from "../../support/own_libc.ts";
import { needs } from "../../support/peers.ts";
import { sandboxRequest } from "../../support/sandboxes.ts";
import { storeAgent } from "../../support/store_agent.ts";

const ID = parseContainerId("pod");
const USERS = {
  uids: { first: 100_000, count: 65_536 },
  gids: { first: 200_000, count: 65_536 },
};
const POD = { network: "pod", ipc: "pod", pid: "container" } as const;
const NODE = { network: "node", ipc: "node", pid: "node" } as const;

function listFiles({ directory }: SandboxPlaces): readonly string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => {
    const { mode, isFile } = Deno.statSync(`${directory}/${name}`);
    return `${name} ${((mode ?? 0) & 0o777).toString(8)}${isFile ? "" : "/"}`;
  }).toSorted();
}

Deno.test("makeDirectory() makes what namespaces are pinned to", async (t) => {
  const cases = [
    [POD, undefined, ["ipc 600", "net 600", "shm 700/", "uts 600"]],
    [POD, USERS, ["ipc 600", "net 600", "shm 700/", "user 600", "uts 600"]],
    [{ ...POD, ipc: "node" }, undefined, ["net 600", "uts 600"]],
    [{ ...POD, network: "node" }, undefined, ["ipc 600", "shm 700/"]],
    [NODE, undefined, []],
  ] as const;
  for (const [namespaces, users, files] of cases) {
    await t.step(`${JSON.stringify(namespaces)} ${!!users}`, () => {
      using test = storeAgent();
      const places = placesOf(test.agent.store.paths, ID);
      const { directory, net, ipc, uts, user } = places;
      makeDirectory(places, { namespaces, users });
      assertEquals(listFiles(places), files);
      assertEquals((Deno.statSync(directory).mode ?? 0) & 0o777, 0o700);
      const isOf = (name: string) => files.some((one) => one.startsWith(name));
      assertEquals(namespacesOf(places, { namespaces, users }), {
        ...isOf("net") ? { network: net, uts } : {},
        ...isOf("ipc") ? { ipc } : {},
        ...isOf("user") ? { user } : {},
      });
    });
  }
});

Deno.test("placesOf() has each path once, below the run root", () => {
  using test = storeAgent();
  const { files, ...others } = placesOf(test.agent.store.paths, ID);
  const all = test.dir.join("run/orlop/sandboxes");
  const inside = (name: string) => `${all}/pod/${name}`;
  assertEquals(others, {
    directory: `${all}/pod`,
    lock: `${all}/pod.lock`,
    programLock: inside("lock"),
    ...{ net: inside("net"), ipc: inside("ipc"), uts: inside("uts") },
    ...{ user: inside("user"), shm: inside("shm") },
  });
  assertEquals(files, {
    resolvConf: inside("resolv.conf"),
    ...{ hostname: inside("hostname"), hosts: inside("hosts") },
  });
});

Deno.test("mountSandbox() mounts shared memory for who is root in it", {
  ...needs("root", "unshare", "flock", "nsenter"),
}, async (t) => {
  const plain = "rw,nosuid,noexec,nodev,mode=1777,size=65536k";
  const network = { ...POD, ipc: "node" } as const;
  const cases = [
    [NODE, undefined, undefined],
    [network, undefined, undefined],
    [{ ...NODE, ipc: "pod" }, undefined, plain],
    [POD, undefined, plain],
    [POD, USERS, `${plain},uid=100000,gid=200000`],
  ] as const;
  for (const [namespaces, users, options] of cases) {
    await t.step(`${JSON.stringify(namespaces)} ${!!users}`, async () => {
      using test = storeAgent();
      await using _real = unmountingAll(test.dir.path);
      const { agent, mounter } = test;
      const places = placesOf(agent.store.paths, ID);
      const request = { ...sandboxRequest("web"), namespaces, users };
      makeDirectory(places, request);
      await mountSandbox(agent, places, request);
      assertEquals(
        mounter.table.map(({ propagation: _private, ...mount }) => mount),
        options === undefined ? [] : [
          { source: "shm", target: places.shm, type: "tmpfs", options },
        ],
      );
      // Namespaces are pinned by the kernel in any case.
      const pinned = await systemMounter(libc).list(places.directory);
      assertEquals(
        pinned.map(({ target }) => target).toSorted(),
        Object.values(namespacesOf(places, request)).toSorted(),
      );
    });
  }
});

/** Unmounts what a test without a real mounter has mounted really. */
function unmountingAll(directory: string): AsyncDisposable {
  const mounter = systemMounter(libc);
  return {
    async [Symbol.asyncDispose]() {
      const mounts = await mounter.list(directory);
      await mounter.unmountAll(mounts.map(({ target }) => target));
    },
  };
}

Deno.test("unmountSandbox() removes what is in its directory, and nothing else", async () => {
  using test = storeAgent();
  const { agent, mounter, dir } = test;
  const places = placesOf(agent.store.paths, ID);
  makeDirectory(places, { namespaces: POD, users: USERS });
  for (const path of [places.programLock, ...Object.values(places.files)]) {
    await Deno.writeTextFile(path, "");
  }
  await Deno.writeTextFile(places.lock, "");
  const other = dir.join("run/orlop/sandboxes/pod-2");
  // What is mounted twice has to be unmounted twice.
  for (const target of [places.net, places.net, places.shm, `${other}/net`]) {
    await mounter.mount({
      ...{ source: "none", target, type: "tmpfs", flags: [], data: "" },
    });
  }
  await unmountSandbox(agent, places);
  assertEquals(mounter.table.map(({ target }) => target), [`${other}/net`]);
  const left = await Array.fromAsync(
    Deno.readDir(dir.join("run/orlop/sandboxes")),
  );
  assertEquals(left.map(({ name }) => name), ["pod.lock"]);
  await unmountSandbox(agent, places); // nothing is there
});
