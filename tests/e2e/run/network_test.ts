/** Containers that people run in networks of their own. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { freePort } from "../../support/servers/registry_server.ts";
import { until } from "../../support/until.ts";
import {
  PEERS,
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";
import { needs } from "../../support/peers.ts";
import {
  needsNetworks,
  writeNetwork,
} from "../../support/nodes/test_network.ts";

const NEEDED = {
  ignore: needs(...PEERS, "conmon").ignore || needsNetworks().ignore,
};

interface NetworkStore extends AsyncDisposable {
  readonly store: SharedStore;
  readonly name: string;
  readonly config: readonly string[];
  listLeases(): readonly string[];
}

/** A store with an image, and settings that name a network of its own. */
async function withNetwork(): Promise<NetworkStore> {
  const store = sharedStore();
  await writeBusyboxLayout(store.join("tiny"));
  await store.orlop("pull", `oci:${store.join("tiny")}:latest`);
  const name = `orlop-test-${crypto.randomUUID().slice(0, 8)}`;
  const directory = store.join("net.d");
  const leases = store.join("leases");
  await Deno.mkdir(directory);
  writeNetwork(directory, { name, leases });
  const config = store.join("orlop.toml");
  await Deno.writeTextFile(config, `[serve]\ncni_conf_dir = "${directory}"\n`);
  return {
    ...{ store, name, config: ["--config", config] },
    listLeases: () =>
      [...Deno.readDirSync(`${leases}/${name}`)].map(({ name }) => name)
        .filter((name) => /^[\d.]+$|:/.test(name)),
    async [Symbol.asyncDispose]() {
      await store.tryOrlop("pod", "rm", "--all", "--force");
      await store[Symbol.asyncDispose]();
    },
  };
}

Deno.test({
  name: "orlop run --network gives a container an address, and takes it back",
  ...NEEDED,
  async fn(t) {
    await using network = await withNetwork();
    const { store, name, config, listLeases } = network;
    await t.step("with files that say so", async () => {
      const script = "ip -4 -o addr show eth0; cat /etc/hosts /etc/resolv.conf";
      const out = await store.orlop(
        ...[...config, "run", "--rm", "--network", name, "-h", "box"],
        ...["--dns", "10.9.8.7", "--dns-search", "x.lan"],
        ...["tiny", "sh", "-c", script],
      );
      const [, address = ""] = /inet ([\d.]+)/.exec(out) ?? [];
      assertStringIncludes(out, `${address}\tbox`);
      assertStringIncludes(out, "search x.lan\nnameserver 10.9.8.7");
      assertEquals(listLeases(), []);
      assertEquals((await store.orlop("pod", "ls", "-q")).trim(), "");
    });
    await t.step("also when it stays", async () => {
      await store.orlop(
        ...[...config, "run", "--name", "stays", "--network", name],
        ...["tiny", "true"],
      );
      assertEquals(listLeases(), []);
      await store.orlop("rm", "stays");
      assertEquals((await store.orlop("pod", "ls", "-q")).trim(), "");
    });
    await t.step("also if nothing can be run", async () => {
      const { code } = await store.tryOrlop(
        ...[...config, "run", "--rm", "--network", name, "tiny", "/none"],
      );
      assertEquals(code, 127);
      assertEquals(listLeases(), []);
    });
    await t.step("not to who creates only", async () => {
      const { code, err } = await store.tryOrlop(
        ...[...config, "container", "create", "--pod", "new:p"],
        ...["--network", name, "tiny"],
      );
      assertEquals(code, 2);
      assertStringIncludes(err, "only orlop run and pod create join networks");
    });
    await t.step("not if there is no such network", async () => {
      const { code, err } = await store.tryOrlop(
        ...[...config, "run", "--rm", "--network", "none-such", "tiny", "true"],
      );
      assertEquals(code, 125);
      assertStringIncludes(err, 'Cannot find network "none-such"');
      assertEquals((await store.orlop("pod", "ls", "-q")).trim(), "");
    });
  },
});

Deno.test({
  name: "orlop pod create --network makes a network that containers share",
  ...NEEDED,
  async fn() {
    await using network = await withNetwork();
    const { store, name, config, listLeases } = network;
    const port = freePort();
    const id = await store.orlop(
      ...[...config, "pod", "create", "--network", name, "-p", `${port}:80`],
      ...["--dns", "10.9.8.7", "--uid", "u1", "web"],
    );
    assertEquals(listLeases().length, 2);
    assert((await save()).some((line) => line.includes(`--dport ${port}`)));
    const show = "cat /etc/hosts; hostname; exec ip -4 -o addr show eth0";
    const words = ["run", "--rm", "--pod", "web", "tiny", "sh", "-c", show];
    const first = await store.orlop(...words);
    const [, address = "none"] = /inet ([\d.]+)/.exec(first) ?? [];
    assert(listLeases().includes(address), first);
    assertStringIncludes(await store.orlop(...words), `inet ${address}`);
    const inspected = await store.orlop("pod", "inspect", "web");
    assertStringIncludes(inspected, id.trim());
    const { code, err } = await store.tryOrlop(
      ...[...config, "pod", "create", "-p", `${port}:81`, "other"],
    );
    assertEquals(code, 4, err);
    assertStringIncludes(err, 'pod "web" has it');
    await store.orlop(
      ...["container", "create", "--pod", "web", "--name", "app", "tiny"],
      ...["sleep", "600"],
    );
    await store.orlop(...config, "pod", "start", "web");
    await store.orlop(...config, "pod", "stop", "--time", "0", "web");
    assertEquals(listLeases(), []);
    const again = await store.tryOrlop(...config, "pod", "start", "web");
    assertEquals(again.code, 4, again.err);
    assertStringIncludes(again.err, "reboot; create it again");
    await store.orlop(...config, "pod", "rm", "--force", "web");
    assertEquals((await store.orlop("pod", "ls", "-q")).trim(), "");
  },
});

Deno.test({
  name: "orlop pod create refuses what a pod's network is not",
  ...NEEDED,
  async fn(t) {
    await using network = await withNetwork();
    const { store, config } = network;
    const table: [string[], string][] = [
      [["--network=host"], "each of its containers says so by itself"],
      [["--hostname=x"], "name a network"],
      [["--network=none", "-p", "1:1"], "there is no use for it"],
      [["-p", "x"], "write HOST:CONTAINER"],
      [["--dns=10.0.0.1"], "name a network"],
    ];
    for (const [words, message] of table) {
      await t.step(words.join(" "), async () => {
        const { code, err } = await store.tryOrlop(
          ...[...config, "pod", "create", ...words, "web"],
        );
        assertEquals(code, 2, err);
        assertStringIncludes(err, message);
      });
    }
    assertEquals((await store.orlop("pod", "ls", "-q")).trim(), "");
  },
});

Deno.test({
  name: "orlop run -d -p leads a port of the host to a container",
  ...NEEDED,
  async fn() {
    await using network = await withNetwork();
    const { store, config, listLeases } = network;
    const port = freePort();
    const script = "while :; do echo hello | nc -l -p 80; done";
    await store.orlop(
      ...[...config, "run", "-d", "--name", "web", "-p", `${port}:80`],
      ...["tiny", "sh", "-c", script],
    );
    const rules = await save();
    assert(rules.some((line) => line.includes(`--dport ${port}`)));
    const other = await store.tryOrlop(
      ...[...config, "run", "--rm", "-p", `127.0.0.1:${port}:81`],
      ...["tiny", "true"],
    );
    assertEquals(other.code, 125);
    assertStringIncludes(other.err, `Cannot publish port ${port}/tcp: pod`);
    const inside = await store.orlop(
      ...[...config, "run", "--rm", "--pod", "web-pod"],
      // Between two connections nobody listens.
      ...["tiny", "sh", "-c", "until nc 127.0.0.1 80 </dev/null; do :; done"],
    );
    assertEquals(inside.trim(), "hello");

    await store.orlop("stop", "--time", "0", "web");
    await until(() => listLeases().length === 0);
    await store.orlop("rm", "web");
    assertEquals(
      (await save()).filter((line) => line.includes(`--dport ${port}`)),
      [],
    );
  },
});

async function save(): Promise<readonly string[]> {
  const { stdout } = await new Deno.Command("iptables-save").output();
  return new TextDecoder().decode(stdout).split("\n");
}
