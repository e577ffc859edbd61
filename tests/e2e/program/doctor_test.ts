import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Finding } from "../../../src/engine/doctor/finding.ts";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { needs } from "../../support/peers.ts";
import { holdLock } from "../../support/programs/lock_holder.ts";
import { sharedStore } from "../../support/programs/shared_store.ts";

const NEEDED = needs("root", "busybox", "tar", "mount", "findmnt");

Deno.test({
  name: "orlop doctor reports what is wrong, and what to do",
  ...NEEDED,
  fn: async (t) => {
    await using store = sharedStore();
    const examine = async () => {
      const { out, err } = await store.tryOrlop("doctor", "--format=json");
      assertEquals(err, "");
      const findings: Finding[] = JSON.parse(out);
      return (check: string) =>
        findings.filter((finding) => finding.check === check)
          .map(({ state, found }) => `${state}: ${found}`).join("\n");
    };
    await t.step("of a store that is yet to come", async () => {
      const found = await examine();
      assertMatch(found("store"), /^ok: none at .* yet/);
      assertMatch(found("overlay"), /^ok: works/);
      assertMatch(found("kernel"), /^(ok|warn): Linux \d/);
      assertEquals(await Array.fromAsync(Deno.readDir(store.join())), []);
    });
    const layout = store.join("tiny");
    await writeBusyboxLayout(layout);
    await store.orlop("pull", `oci:${layout}:latest`);
    await store.orlop("pod", "create", "web");
    const create = ["--pod", "web", "--name", "app", "localhost/tiny"];
    await store.orlop("container", "create", ...create);
    const mounted = await store.orlop("start", "app");
    await t.step("of one that is well", async () => {
      const { code } = await store.tryOrlop("doctor");
      assertEquals(code, 0);
      const found = await examine();
      assertMatch(found("store"), /^ok: .*2 images, 2 containers, 4 layers$/);
      assertMatch(found("overlay"), /^ok: works/);
      assertEquals(found("mounts"), "ok: 1 layers are mounted");
      assertEquals(found("locks"), "ok: none is held for long");
      assertMatch(found("cleanup"), /^warn: .*none so far/);
      assertMatch(found("permissions"), /^ok: net: none$/m);
      assertMatch(found("permissions"), /^ok: write: .*root, .*runroot$/m);
    });
    await t.step("of mounts that no one counts", async () => {
      const count = `${store.runRoot}/overlay-layers/mountpoints.json`;
      const counted = await Deno.readTextFile(count);
      await Deno.writeTextFile(count, "[]");
      const found = await examine();
      assertMatch(
        found("mounts"),
        /^warn: .*merged is mounted, but is not counted/m,
      );
      await Deno.writeTextFile(count, counted);
    });
    await t.step("of what a reboot leaves, and a crash", async () => {
      await new Deno.Command("umount", { args: [mounted] }).output();
      await Deno.mkdir(`${store.root}/overlay/${"a".repeat(64)}`);
      const found = await examine();
      assertMatch(found("mounts"), /^ok: 0 layers .*; 1 outdated/);
      assertMatch(found("store"), /^warn: 1 leftovers/m);
      await store.orlop("gc", "--leftover-age", "0s");
      assertMatch((await examine())("cleanup"), /^ok: by .*: done$/m);
    });
    await t.step("of who holds a lock", async () => {
      const lock = `${store.root}/overlay-images/images.lock`;
      await using holder = await holdLock(lock, {
        style: "posix",
        kind: "write",
      });
      const { code, out } = await store.tryOrlop("doctor");
      assert(out.includes(`process ${holder.pid} holds ${lock}`), out);
      assertEquals(code, 1); // the records cannot be read meanwhile
    });
    await t.step("of another driver's store", async () => {
      await Deno.mkdir(`${store.root}/vfs`);
      const { code, out } = await store.tryOrlop("doctor");
      assertEquals(code, 1);
      assertMatch(out, /fail +other tools +.*vfs\n +→ Give orlop a store/);
    });
  },
});

Deno.test({
  name: "orlop doctor reports what a node that serves lacks",
  ...NEEDED,
  fn: async (t) => {
    await using store = sharedStore();
    const directory = store.join("net.d");
    await Deno.mkdir(directory);
    const config = store.join("orlop.toml");
    const settings = (more: string) =>
      Deno.writeTextFile(
        config,
        `[serve]\ncni_conf_dir = "${directory}"\n${more}`,
      );
    const describe = (name: string, plugins: unknown) =>
      Deno.writeTextFile(
        `${directory}/${name}.conflist`,
        JSON.stringify({ cniVersion: "1.0.0", name, plugins }),
      );
    const examine = async (check: string) => {
      const { out } = await store.tryOrlop(
        ...["--config", config, "doctor", "--format=json"],
      );
      const findings: Finding[] = JSON.parse(out);
      return findings.filter((finding) => finding.check === check)
        .map(({ state, found }) => `${state}: ${found}`).join("\n");
    };
    await settings("");
    await t.step("a network", async () => {
      assertEquals(await examine("networks"), `fail: none in ${directory}`);
    });
    await t.step(
      "a network's plugin, and a file that makes sense",
      async () => {
        await describe("front", [{ type: "none-such" }]);
        await Deno.writeTextFile(`${directory}/a.conf`, "{");
        const found = await examine("networks");
        assertMatch(found, /^warn: Cannot read ".*a\.conf": not valid JSON$/m);
        assertMatch(
          found,
          /^fail: front: Cannot run network plugin "none-such"/m,
        );
      },
    );
    await t.step(
      "the driver of cgroups, and settings of the kernel",
      async () => {
        assertMatch(
          await examine("cgroup driver"),
          /^ok: cgroupfs: the kubelet/,
        );
        const found = await examine("kernel settings");
        assertMatch(found, /^(ok|warn): net\.ipv4\.ip_forward = [01]$/m);
        assertMatch(found, /^(ok|warn): net\.bridge\.bridge-nf-call-iptables/m);
      },
    );
  },
});
