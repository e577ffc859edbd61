import { assertEquals } from "@std/assert";
import { makePauseSpec } from "../../../src/engine/sandboxes/pause_spec.ts";
import { managerOf } from "../../../src/engine/sandboxes/sandbox_cgroups.ts";
import {
  namespacesOf,
  placesOf,
} from "../../../src/engine/sandboxes/sandbox_places.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import { storeAgent } from "../../support/store_agent.ts";

const ID = parseContainerId("ab".repeat(32));
const PLACE = { net: "/n", ipc: "/i", uts: "/u", user: "/o" };
const RANGE = { first: 1000, count: 10 };
const USERS = { uids: RANGE, gids: RANGE };

Deno.test("makePauseSpec() leaves what a pod's process does not need out", () => {
  const mount = (destination: string) => ({
    destination,
    type: "t",
    source: "s",
  });
  const spec = makePauseSpec({
    ociVersion: "1.0.0",
    hostname: "h",
    root: { path: "elsewhere" },
    mounts: ["/proc", "/dev", "/dev/shm", "/sys", "/etc/hosts"].map(mount),
    process: {
      ...{ cwd: "/", args: ["/pause"], terminal: true },
      capabilities: { bounding: ["CAP_SYS_ADMIN"] },
    },
    linux: {
      sysctl: { "net.a": "1" },
      resources: { memory: { limit: 1 } },
      maskedPaths: ["/proc/kcore"],
      namespaces: [{ type: "network" }],
    },
  }, {
    namespaces: { network: "/n", ipc: "/i", uts: "/u", user: "/o" },
    cgroupsPath: "/c",
  });
  assertEquals<unknown>(spec, {
    ociVersion: "1.0.0",
    root: { path: "rootfs", readonly: true },
    mounts: ["/proc", "/dev"].map(mount),
    process: {
      ...{ cwd: "/", args: ["/pause"], terminal: false },
      noNewPrivileges: true,
    },
    linux: {
      maskedPaths: ["/proc/kcore"],
      cgroupsPath: "/c",
      namespaces: [
        { type: "pid" },
        { type: "mount" },
        { type: "user", path: "/o" },
        { type: "network", path: "/n" },
        { type: "ipc", path: "/i" },
        { type: "uts", path: "/u" },
      ],
    },
  });
});

Deno.test("makePauseSpec() shares with the host what the pod shares", () => {
  const spec = makePauseSpec({ ociVersion: "1.0.0" }, {
    ...{ namespaces: {}, cgroupsPath: "/c" },
  });
  assertEquals<unknown>(spec, {
    ociVersion: "1.0.0",
    root: { path: "rootfs", readonly: true },
    mounts: [],
    process: { cwd: "/", terminal: false, noNewPrivileges: true },
    linux: {
      cgroupsPath: "/c",
      namespaces: [{ type: "pid" }, { type: "mount" }],
    },
  });
});

Deno.test("namespacesOf() names those that are the pod's own", () => {
  const of = (network: "pod" | "node", ipc: "pod" | "node") =>
    namespacesOf(PLACE, { namespaces: { network, ipc, pid: "pod" } });
  assertEquals(of("pod", "pod"), { network: "/n", uts: "/u", ipc: "/i" });
  assertEquals(of("pod", "node"), { network: "/n", uts: "/u" });
  assertEquals(of("node", "pod"), { ipc: "/i" });
  assertEquals(of("node", "node"), {});
  const namespaces = { network: "pod", ipc: "node", pid: "pod" } as const;
  assertEquals(namespacesOf(PLACE, { namespaces, users: USERS }), {
    ...{ network: "/n", uts: "/u", user: "/o" },
  });
});

Deno.test("placesOf() keeps all of a pod in one directory of the boot", () => {
  using store = storeAgent();
  const { paths } = store.agent.store;
  const own = `${paths.runRoot}/orlop/sandboxes/${ID}`;
  assertEquals(placesOf(paths, ID), {
    directory: own,
    lock: `${own}.lock`,
    programLock: `${own}/lock`,
    ...{ net: `${own}/net`, ipc: `${own}/ipc`, uts: `${own}/uts` },
    user: `${own}/user`,
    shm: `${own}/shm`,
    files: {
      resolvConf: `${own}/resolv.conf`,
      hostname: `${own}/hostname`,
      hosts: `${own}/hosts`,
    },
  });
});

Deno.test("managerOf() goes by the parent where no one says", () => {
  assertEquals(managerOf({}), "cgroupfs");
  assertEquals(managerOf({ cgroupParent: "/a" }), "cgroupfs");
  assertEquals(managerOf({ cgroupParent: "a.slice" }), "systemd");
  assertEquals(managerOf({ cgroupParent: "/a.slice/b" }), "cgroupfs");
  const cgroupParent = "a.slice";
  assertEquals(
    managerOf({ cgroupParent, cgroupManager: "cgroupfs" }),
    "cgroupfs",
  );
});
