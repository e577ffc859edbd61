/** Who looks at pulls while they run: `orlop pulls`, in a process of its own. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import { startOrlop } from "../../support/programs/orlop_process.ts";
import {
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";
import {
  REGISTRY_PROGRAMS,
  startRegistry,
} from "../../support/servers/registry_server.ts";
import { serveScript } from "../../support/servers/scripted_server.ts";
import { noise } from "../../support/servers/served_image.ts";

const LARGE = await layerOf({ "large.bin": noise(2_000_000) });
const SMALL = await layerOf({ "small.txt": "small" });
const DIGEST = digestOf(LARGE.blob);
const SIZE = LARGE.blob.length;

Deno.test("orlop pulls shows what other processes pull, as long as they live", {
  ...needs("root", "tar", ...REGISTRY_PROGRAMS),
}, async () => {
  await using store = sharedStore();
  await using registry = await startRegistry();
  await writeLayout(store.join("image"), [SMALL, LARGE]);
  await registry.pushLayout(`${store.join("image")}:latest`, "image:1");
  await using proxy = await serveScript([
    { match: /\/v2\/silent/, stopAt: "start", stop: "hang" },
    {
      match: new RegExp(`/blobs/${DIGEST}$`),
      ...{ stopAt: SIZE >> 1, stop: "hang" },
    },
  ], { behind: registry.host });
  const name = `${proxy.host}/image:1`;
  const flags = ["--log-level=debug", "--creds=me:secret"];
  const first = startOrlop(store.join(), "pull", ...flags, name);
  const [shown] = await untilPulls(store, ([pull]) => pull?.received > 0);
  assertEquals([shown?.pid, shown?.user, shown?.command], [
    first.pid,
    "root",
    "orlop pull",
  ]);
  assertEquals([shown?.name, shown?.size], [name, SIZE + SMALL.blob.length]);
  const states = shown?.layers.map(({ digest, received, phase }: Layer) => [
    ...[digest, received, phase],
  ]);
  assertEquals(states?.[1]?.[0], DIGEST);
  assertEquals(states?.[1]?.[2], "downloading");
  assert(states?.[1]?.[1] <= SIZE >> 1);

  const second = startOrlop(store.join(), "pull", `${proxy.host}/silent:1`);
  await untilPulls(store, ({ length }) => length === 2);
  const table = await store.orlop("pulls", "--no-trunc");
  assertMatch(table, /^PID +USER +COMMAND +STARTED +LAYERS +FETCHED +IMAGE\n/);
  assertMatch(table, /\d\/2 +\d.* [kM]B\/2 MB +127/);
  assertMatch(table, /orlop pull +.* ago +- +- +127.*\/silent:1$/);
  assert(!table.includes("secret"));
  assertEquals(await store.orlop("pulls", "-q"), `${first.pid}\n${second.pid}`);

  second.kill("SIGKILL");
  await second.result;
  assertEquals((await pulls(store)).map(({ pid }) => pid), [first.pid]);
  proxy.release();
  assertEquals((await first.result).code, 0);
  assertEquals(await pulls(store), []);
  const left = Deno.readDir(`${store.runRoot}/orlop/notices`);
  assertEquals(await Array.fromAsync(left), []);
});

// deno-lint-ignore no-explicit-any -- as programs read it
type Shown = any;
type Layer = { digest: string; received: number; phase: string };

async function pulls(store: SharedStore): Promise<readonly Shown[]> {
  return JSON.parse(await store.orlop("pulls", "--format=json"));
}

async function untilPulls(
  store: SharedStore,
  isSo: (pulls: readonly Shown[]) => boolean,
): Promise<readonly Shown[]> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const shown = await pulls(store);
    if (isSo(shown)) return shown;
    assert(performance.now() < deadline, JSON.stringify(shown));
  }
}
