import { assert, assertEquals } from "@std/assert";
import {
  CONTAINER_FILES,
  type ContainerFacts,
  containerFiles,
  contentOf,
  filesOf,
  mountOfFile,
} from "../../src/image/container_files.ts";

const FACTS: ContainerFacts = {
  hostname: "f3698679348c",
  name: "web",
  network: "none",
  hosts: "127.0.0.1 localhost # mine\n10.0.0.1 registry.lan\n",
  resolvConf: "nameserver 10.0.0.2\n",
};

Deno.test("contentOf() reports what the host and the container are", async (t) => {
  const base = "127.0.0.1\tlocalhost\n10.0.0.1\tregistry.lan\n";
  const local = "127.0.0.1\tlocalhost\n::1\tlocalhost\n";
  const hosts: Record<string, [Partial<ContainerFacts>, string]> = {
    "alone": [{}, `${base}127.0.0.1\tf3698679348c web\n`],
    "named as its host": [
      { name: "f3698679348c" },
      `${base}127.0.0.1\tf3698679348c\n`,
    ],
    "on the host's network": [
      { network: "host" },
      `${base}127.0.0.1\thost.containers.internal\n`,
    ],
    "with names of its own": [
      { addedHosts: "10.0.0.9 first\n", network: "host" },
      `10.0.0.9\tfirst\n${base}127.0.0.1\thost.containers.internal\n`,
    ],
    "in a pod": [{ network: "pod" }, base],
    "in a pod of a host without names": [{ hosts: "", network: "pod" }, local],
    "of a host without names": [
      { hosts: "" },
      `${local}127.0.0.1\tf3698679348c web\n`,
    ],
  };
  for (const [name, [facts, expected]] of Object.entries(hosts)) {
    await t.step(`hosts: ${name}`, () => {
      assertEquals(contentOf("hosts", { ...FACTS, ...facts }), expected);
    });
  }
  assertEquals(contentOf("hostname", FACTS), "f3698679348c\n");
  assertEquals(contentOf("resolv.conf", FACTS), FACTS.resolvConf);
  assertEquals(contentOf(".containerenv", FACTS), "");
});

Deno.test("filesOf() finds the files that a template mounts", () => {
  const mounts = containerFiles()
    .map((file) => mountOfFile(file, { access: "read-write" }));
  const spec = { ociVersion: "1.0.2", mounts };
  assertEquals(filesOf(spec), [...containerFiles()]);
  const others = mounts.map((mount) => ({ ...mount, source: "/etc/hosts" }));
  assertEquals(filesOf({ ...spec, mounts: others }), []);
  const elsewhere = mounts.map((mount) => ({ ...mount, destination: "/x" }));
  assertEquals(filesOf({ ...spec, mounts: elsewhere }), []);
  assertEquals(filesOf({ ociVersion: "1.0.2" }), []);
});

Deno.test("mountOfFile() follows the root's access", () => {
  const { options, ...rest } = mountOfFile("hosts", { access: "read-only" });
  assertEquals(rest, {
    destination: CONTAINER_FILES.hosts,
    type: "bind",
    source: "hosts",
  });
  assert(options?.includes("ro"));
  const free = mountOfFile("hosts", { access: "read-write" });
  assertEquals(free.options, ["bind", "rprivate"]);
});
