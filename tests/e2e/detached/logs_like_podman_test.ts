/** `orlop logs` beside `podman logs`: the same lines of the same process. */

import { assert, assertEquals } from "@std/assert";
import {
  DETACHED_NEEDS,
  type DetachedStore,
  detachedStore,
} from "../../support/programs/detached_store.ts";
import { until } from "../../support/programs/orlop_process.ts";

const SCRIPT = "echo one; echo two >&2; printf 'no end'; sleep 0.2; " +
  "echo; echo; printf '\\303\\244\\377\\033[1m\\n'; echo last";

/** Runs a script in both, to its end. */
async function runBoth(
  { orlop, podman, podmanDetached, image }: DetachedStore,
  script: string,
): Promise<void> {
  const words = [image, "sh", "-c", script];
  await podmanDetached("--name", "theirs", ...words);
  await orlop("run", "-d", "--name", "ours", ...words);
  await podman("wait", "theirs");
  await orlop("wait", "ours");
}

// Times differ between two processes.
function withoutTimes(text: string): string {
  return text.replaceAll(/\d{4}-\d\d-\d\dT\S+/g, "TIME");
}

Deno.test("logs shows what podman shows", DETACHED_NEEDS, async (t) => {
  await using store = await detachedStore();
  const { orlop, tryOrlop, tryPodman } = store;
  await runBoth(store, SCRIPT);
  const table = [
    "",
    "--tail=0",
    "--tail=1",
    "--tail=2",
    "--tail=3",
    "--tail=-1",
    "-t",
    "-f",
    "--since=1h",
    "--since=2100-01-01",
    "--since=2001-01-01T00:00:00Z",
    "--until=2001-01-01",
    "--until=1h",
    "-n",
  ];
  for (const flags of table) {
    await t.step(flags || "no flags", async () => {
      const words = ["logs", ...flags.split(" ").filter(Boolean)];
      const ours = await tryOrlop(...words, "ours");
      const theirs = await tryPodman(...words, "theirs");
      assertEquals(
        { ...ours, out: withoutTimes(ours.out), err: withoutTimes(ours.err) },
        {
          ...theirs,
          out: withoutTimes(theirs.out),
          err: withoutTimes(theirs.err),
        },
      );
    });
  }
  await t.step("wrong values are refused by both", async () => {
    for (const flag of ["--tail=x", "--since=soon", "--until=soon"]) {
      assertEquals((await tryOrlop("logs", flag, "ours")).code, 2);
      assertEquals((await tryPodman("logs", flag, "theirs")).code, 125);
    }
  });
  await t.step("what ran in the foreground has none", async () => {
    await orlop("run", "--name", "loud", store.image, "true");
    assertEquals((await tryOrlop("logs", "loud")).code, 1);
    assertEquals((await tryOrlop("logs", "nobody")).code, 3);
  });
});

Deno.test(
  "logs --follow goes on over a log that is cut",
  DETACHED_NEEDS,
  async () => {
    await using store = await detachedStore();
    const { orlop, image } = store;
    const script =
      "i=0; while [ $i -lt 30 ]; do i=$((i+1)); echo $i; sleep 0.1; done";
    const words = [image, "sh", "-c", script];
    const id = await orlop("run", "-d", "--name", "app", ...words);
    const log = `${store.root}/overlay-containers/${id}/userdata/ctr.log`;
    const followed = orlop("logs", "-f", "app");
    await until(() => Deno.readTextFileSync(log).split("\n").length > 10);
    await Deno.truncate(log);
    const seen = (await followed).split("\n").map(Number);
    // What was written just before may be lost with the rest.
    assert(seen.length > 25, seen.join());
    assertEquals(seen, seen.toSorted((a, b) => a - b));
    assertEquals([seen[0], seen.at(-1)], [1, 30]);
  },
);
