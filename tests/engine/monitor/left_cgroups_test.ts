import { assert } from "@std/assert";
import { join } from "@std/path";
import { undoProcess } from "../../../src/engine/monitor/forget_process.ts";
import { isThere } from "../../../src/fs/if_there.ts";
import { systemMounter } from "../../../src/mount/system_mounter.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import { runCommand } from "../../../src/process/run_command.ts";
import { ensureRunDirectory } from "../../../src/store/disk_containers.ts";
import { libc } from "../../support/own_libc.ts";
import { needs } from "../../support/peers.ts";
import { storeAgent } from "../../support/store_agent.ts";

Deno.test({
  name: "undoProcess() removes the control groups that a killed runtime left",
  ...needs("root", "mkdir", "rmdir"),
  async fn() {
    const mounter = systemMounter(libc);
    using test = storeAgent({ mounter });
    const { agent } = test;
    const id = parseContainerId(`app-${crypto.randomUUID()}`);
    const parent = `/orlop-test-${crypto.randomUUID().slice(0, 8)}`;
    const mounts = (await mounter.list("/sys/fs/cgroup"))
      .filter(({ type }) => type.startsWith("cgroup"));
    const parents = mounts.map(({ target }) => join(target, parent));
    const own = parents.map((path) => join(path, id));
    await runCommand("/bin/mkdir", ["-p", ...own]);
    try {
      const bundle = ensureRunDirectory(agent.store.paths, id);
      const spec = {
        ociVersion: "1.0.2",
        linux: { cgroupsPath: `${parent}/${id}` },
      };
      await Deno.writeTextFile(
        join(bundle, "config.json"),
        JSON.stringify(spec),
      );
      await undoProcess(agent, id);
      assert(!own.some((path) => isThere(path, libc)));
      assert(parents.every((path) => isThere(path, libc)));
    } finally {
      await runCommand("/bin/rmdir", [...own, ...parents], { okCodes: "any" });
    }
  },
});
