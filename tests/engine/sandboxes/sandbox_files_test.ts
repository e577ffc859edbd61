import { assert, assertEquals } from "@std/assert";
import { writeSandboxFiles } from "../../../src/engine/sandboxes/sandbox_files.ts";
import type { SandboxRequest } from "../../../src/engine/sandboxes/sandbox.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { storeAgent } from "../../support/store_agent.ts";

const NAMESPACES = { network: "pod", ipc: "pod", pid: "pod" } as const;

/** What is in the files of a pod. */
async function write(
  changes: Partial<SandboxRequest>,
  ips: readonly string[] = [],
) {
  using dir = tempDir();
  using store = storeAgent();
  const files = {
    resolvConf: dir.join("resolv.conf"),
    hostname: dir.join("hostname"),
    hosts: dir.join("hosts"),
  };
  const before = Deno.umask(0o077);
  try {
    writeSandboxFiles(store.agent, { files }, {
      request: {
        hostname: "web",
        namespaces: NAMESPACES,
        dns: undefined,
        ...changes,
      },
      ips,
    });
  } finally {
    Deno.umask(before);
  }
  const paths = Object.values(files);
  const modes = paths.map((path) => (Deno.statSync(path).mode ?? 0) & 0o777);
  assertEquals(modes, [0o644, 0o644, 0o644]);
  const [resolvConf, hostname, hosts] = await Promise.all(
    paths.map((path) => Deno.readTextFile(path)),
  );
  return {
    resolvConf,
    hostname,
    hosts: (hosts ?? "").replaceAll(/[ \t]+/g, " "),
  };
}

Deno.test("writeSandboxFiles() names a pod by its addresses", async () => {
  const { hostname, hosts } = await write({}, ["10.0.0.2", "fd00::2"]);
  assertEquals(hostname, "web\n");
  assertEquals(
    hosts,
    "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n" +
      "10.0.0.2 web\nfd00::2 web\n",
  );
  const alone = await write({});
  assert(alone.hosts.endsWith("ip6-loopback\n127.0.1.1 web\n"), alone.hosts);
});

Deno.test("writeSandboxFiles() writes what resolvers are asked for", async (t) => {
  const cases: readonly (readonly [SandboxRequest["dns"], string])[] = [
    [
      {
        ...{ servers: ["10.0.0.1", "10.0.0.2"], searches: ["a", "b"] },
        options: ["ndots:5", "edns0"],
      },
      "search a b\nnameserver 10.0.0.1\nnameserver 10.0.0.2\n" +
      "options ndots:5 edns0\n",
    ],
    [
      { servers: ["10.0.0.1"], searches: [], options: [] },
      "nameserver 10.0.0.1\n",
    ],
    [{ servers: [], searches: ["a"], options: [] }, "search a\n"],
    [{ servers: [], searches: [], options: ["edns0"] }, "options edns0\n"],
  ];
  for (const [dns, text] of cases) {
    await t.step(JSON.stringify(dns), async () => {
      assertEquals((await write({ dns })).resolvConf, text);
    });
  }
});

Deno.test("writeSandboxFiles() shows the host's to who shares its network", async () => {
  const namespaces = { ...NAMESPACES, network: "node" } as const;
  const { resolvConf, hostname, hosts } = await write({ namespaces });
  assertEquals(hostname, `${Deno.hostname()}\n`);
  const read = (name: string) =>
    Deno.readTextFile(`/etc/${name}`).catch(() => "");
  assertEquals(resolvConf, await read("resolv.conf"));
  assertEquals(hosts, (await read("hosts")).replaceAll(/[ \t]+/g, " "));
});
