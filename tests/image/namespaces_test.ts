import { assertEquals } from "@std/assert";
import { makeNamespaces } from "../../src/image/namespaces.ts";

Deno.test("makeNamespaces() makes, shares and joins", () => {
  assertEquals(makeNamespaces({ network: "none" }), [
    { type: "pid" },
    { type: "ipc" },
    { type: "uts" },
    { type: "mount" },
    { type: "network" },
  ]);
  assertEquals(
    makeNamespaces({
      network: { path: "/run/net" },
      ipc: { path: "/run/ipc" },
      uts: "host",
      pid: { path: "/proc/7/ns/pid" },
      cgroupNamespace: "private",
    }),
    [
      { type: "pid", path: "/proc/7/ns/pid" },
      { type: "ipc", path: "/run/ipc" },
      { type: "mount" },
      { type: "network", path: "/run/net" },
      { type: "cgroup" },
    ],
  );
});
