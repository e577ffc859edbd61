/** `orlop run --detach`: what runs by itself, and what is left when it ends. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { readdirSync } from "node:fs";
import {
  DETACHED_NEEDS,
  detachedStore,
} from "../../support/programs/detached_store.ts";
import { until } from "../../support/until.ts";
import {
  LIMITS,
  type SharedStore,
} from "../../support/programs/shared_store.ts";
import { killProcess, readPid } from "../../support/kill_process.ts";

const FORMAT = "--format={{.Names}} {{.State}} [{{.ExitCode}}]";

async function assertNothingLeft(store: SharedStore): Promise<void> {
  assertEquals(await store.orlop("ps", "-q"), "");
  assertEquals(store.mounts(), []);
  // The cleanup that conmon started may still empty what it has moved away; or was
  // ended with it, by force: then that goes with the next command that writes.
  await store.orlop("gc", "--quiet");
  assertEquals(store.check(), []);
  for (const place of ["runtimes/runc", "exits"]) {
    assertEquals(readdirSync(`${store.runRoot}/orlop/${place}`), [], place);
  }
}

Deno.test(
  "a detached container runs, and is put away",
  DETACHED_NEEDS,
  async (t) => {
    await using store = await detachedStore();
    const { orlop, tryOrlop, image } = store;
    const run = (...args: string[]) => tryOrlop("run", "-d", ...args);
    const list = (name: string) => orlop("ps", FORMAT, `--filter=name=${name}`);

    await t.step("its ID is printed, and it continues", async () => {
      const { code, out } = await run("--name", "app", image, "sleep", "600");
      assertEquals(code, 0);
      assertMatch(out, /^[0-9a-f]{64}$/);
      assertEquals(await list("app"), "app running []");
      assert(store.mounts().length > 0);
    });
    await t.step("it is not removed while it runs", async () => {
      assertEquals((await tryOrlop("rm", "app")).code, 4);
      await orlop("gc", "--containers", "stopped");
      assertEquals(await list("app"), "app running []");
    });
    await t.step("a signal ends it, and it is unmounted", async () => {
      await orlop("kill", "app");
      assertEquals(await orlop("wait", "app"), "137");
      await until(() => store.mounts().length === 0);
      assertEquals(await list("app"), "app exited [137]");
      await orlop("rm", "app");
      await assertNothingLeft(store);
    });
    await t.step("stop ends it", async () => {
      await run(
        "--name",
        "app",
        image,
        "sh",
        "-c",
        "trap 'exit 7' TERM; echo ready; sleep 600 & wait",
      );
      assert((await list("app")).includes("running"));
      // Before, it would take no notice of it.
      await until(async () => await orlop("logs", "app") === "ready");
      await orlop("stop", "app");
      assertEquals(store.mounts(), []);
      assertEquals(await list("app"), "app exited [7]");
      await orlop("rm", "app");
    });
    await t.step("with --rm nothing is left of it", async () => {
      await run(
        "--rm",
        "--name",
        "brief",
        image,
        "sh",
        "-c",
        "until [ -e /go ]; do sleep 0.1; done; exit 9",
      );
      const waited = orlop("wait", "brief");
      // It may be gone before this is told how it ended.
      await tryOrlop("exec", "brief", "touch", "/go");
      assertEquals(await waited, "9");
      await until(async () => await list("brief") === "");
      await assertNothingLeft(store);
    });
    await t.step("rm --force ends one with --rm", async () => {
      await run("--rm", "--name", "brief", image, "sleep", "600");
      await orlop("rm", "--force", "--time", "0", "brief");
      await until(async () => await orlop("ps", "-q") === "");
      await assertNothingLeft(store);
    });
    await t.step("stop returns when one with --rm is gone", async () => {
      await run("--rm", "--name", "brief", image, "sleep", "600");
      await orlop("stop", "--time", "0", "brief");
      await assertNothingLeft(store);
    });
    await t.step("what cannot run reports why, as podman", async () => {
      for (
        const [command, expected] of [["nope", 127], ["/bin", 126]] as const
      ) {
        const podman = await store.tryPodman(
          ...["run", "-d", "--rm", "--cgroupns=host", "--network=none"],
          ...[...LIMITS, image, command],
        );
        const { code, out } = await run("--rm", image, command);
        assertEquals([code, out], [podman.code, podman.out]);
        assertEquals(code, expected);
      }
      await assertNothingLeft(store);
    });
    await t.step("several run and end at once", async () => {
      const names = ["a", "b", "c", "d"];
      await Promise.all(
        names.map((name) => run("--rm", "--name", name, image, "sleep", "1")),
      );
      await until(async () => await orlop("ps", "-q") === "");
      await assertNothingLeft(store);
    });
    await t.step("a dead conmon is no reason to hang", async () => {
      await run("--name", "app", image, "sleep", "600");
      const [id] = (await orlop("ps", "-q", "--no-trunc", "--filter=name=app"))
        .split(
          "\n",
        );
      assert(id !== undefined);
      const file =
        `${store.runRoot}/overlay-containers/${id}/userdata/conmon.pid`;
      killProcess(await readPid(file), "SIGKILL");
      assertEquals(await list("app"), "app running []");
      await orlop("stop", "--time", "0", "app");
      await orlop("rm", "app");
      await assertNothingLeft(store);
    });
  },
);
