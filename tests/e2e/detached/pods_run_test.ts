/** `orlop pod start`, `pod stop`, `pause` and `unpause`, with real processes. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  DETACHED_NEEDS,
  detachedStore,
} from "../../support/programs/detached_store.ts";
import { LIMITS } from "../../support/programs/shared_store.ts";
import { until } from "../../support/until.ts";

const ROW = "--format={{.Names}} {{.State}}";

Deno.test("a pod runs as a whole", DETACHED_NEEDS, async (t) => {
  await using store = await detachedStore();
  const { orlop, tryOrlop, image } = store;
  const pod = () => orlop("pod", "ps", "--format={{.Name}} {{.Status}}");
  const state = (name: string) => orlop("ps", ROW, `--filter=name=${name}`);
  const create = (name: string, script: string) =>
    orlop(
      ...["container", "create", "--pod", "web", "--name", name, ...LIMITS],
      ...[image, "sh", "-c", script],
    );
  const id = await orlop("pod", "create", "web");
  await create("app", "trap 'exit 0' TERM; while :; do sleep 0.1; done");
  await create("side", "echo up; exec sleep 600");
  await t.step("start runs all of it", async () => {
    assertEquals(await orlop("pod", "start", "web"), id);
    assertEquals(await pod(), "web Running");
    assertEquals(await state("app"), "app running");
    await until(async () => await orlop("logs", "side") === "up");
  });
  await t.step("what runs continues", async () => {
    const pid = await orlop("ps", "--format={{.Pid}}", "--filter=name=app");
    await orlop("kill", "side");
    await orlop("wait", "side");
    assertEquals(await pod(), "web Degraded");
    assertEquals(await orlop("pod", "start", "web"), id);
    assertEquals(await pod(), "web Running");
    const now = await orlop("ps", "--format={{.Pid}}", "--filter=name=app");
    assertEquals(now, pid);
    await until(async () => await orlop("logs", "side") === "up\nup");
  });
  await t.step("a paused container is seen, and continues", async () => {
    assertEquals(await orlop("pause", "app"), "app");
    assertEquals(await state("app"), "app paused");
    assertEquals((await tryOrlop("pause", "app")).code, 1);
    assertEquals(await orlop("unpause", "app"), "app");
    assertEquals(await state("app"), "app running");
    assertEquals((await tryOrlop("unpause", "app")).code, 1);
  });
  await t.step("stop ends all of it", async () => {
    await orlop("pause", "side");
    assertEquals(await orlop("pod", "stop", "--time", "1", "web"), id);
    assertEquals(await pod(), "web Exited");
    await until(() => store.mounts().length === 0);
  });
  await t.step("one that cannot run does not keep the others", async () => {
    const words = ["--pod", "web", "--name", "bad", ...LIMITS, image, "nope"];
    await orlop("container", "create", ...words);
    const { code, err } = await tryOrlop("pod", "start", "web");
    assertEquals(code, 1);
    assertStringIncludes(err, "nope");
    assertEquals(await state("app"), "app running");
    assert(!(await state("bad")).includes("running"));
  });
  await t.step("rm --force leaves nothing", async () => {
    await orlop("pod", "rm", "--force", "--time", "0", "web");
    assertEquals(await orlop("ps", "-q"), "");
    await until(() => store.mounts().length === 0);
    assertEquals(store.check(), []);
  });
});
