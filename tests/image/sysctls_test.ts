import { assertEquals, assertThrows } from "@std/assert";
import type { ContainerNamespaces } from "../../src/image/namespaces.ts";
import { makeSysctls } from "../../src/image/sysctls.ts";

const OWN = { network: "none" } as const;
const PING = { "net.ipv4.ping_group_range": "0 0" };

Deno.test("makeSysctls() adds podman's default where the network is private", () => {
  assertEquals(makeSysctls({}, OWN), PING);
  assertEquals(makeSysctls({}, { network: "host" }), {});
  const given = { "net.ipv4.ping_group_range": "1 2", "kernel.sem": "1" };
  assertEquals(makeSysctls(given, OWN), given);
});

Deno.test("makeSysctls() takes what is a container's own", async (t) => {
  const names = [
    ...["kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem"],
    ...["kernel.shmall", "kernel.shmmax", "kernel.shmmni"],
    ...["kernel.shm_rmid_forced", "fs.mqueue.msg_max", "net.core.somaxconn"],
  ];
  for (const name of names) {
    await t.step(name, () => {
      assertEquals(makeSysctls({ [name]: "1" }, OWN), { ...PING, [name]: "1" });
    });
  }
});

Deno.test("makeSysctls() refuses what is the host's", async (t) => {
  const machine = "it is the whole machine's";
  const cases: readonly (readonly [string, ContainerNamespaces, string])[] = [
    ["kernel.hostname", OWN, machine],
    ["kernel.shmmaxx", OWN, machine],
    ["kernel.core_pattern", OWN, machine],
    ["xkernel.sem", OWN, machine],
    ["fs.file-max", OWN, machine],
    ["fs.mqueue", OWN, machine],
    ["network.x", OWN, machine],
    ["xnet.core.somaxconn", OWN, machine],
    ["xfs.mqueue.msg_max", OWN, machine],
    ["vm.overcommit_memory", OWN, machine],
    ["", OWN, machine],
    ["net.core.somaxconn", { network: "host" }, "with --network=host"],
    ["kernel.sem", { ...OWN, ipc: "host" }, "with --ipc=host"],
    ["fs.mqueue.msg_max", { ...OWN, ipc: "host" }, "with --ipc=host"],
  ];
  for (const [name, namespaces, why] of cases) {
    await t.step(`${name} ${JSON.stringify(namespaces)}`, () => {
      assertThrows(
        () => makeSysctls({ [name]: "1" }, namespaces),
        TypeError,
        why,
      );
    });
  }
});
