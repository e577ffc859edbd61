/** `orlop logs` beside `podman logs`: the same lines of the same process. */

import { assert, assertEquals } from "@std/assert";
import {
  DETACHED_NEEDS,
  type DetachedStore,
  detachedStore,
  spawnOrlop,
} from "../../support/programs/detached_store.ts";
import { listen } from "../../support/programs/process_talk.ts";
import { until } from "../../support/until.ts";

const SCRIPT = "echo one; echo two >&2; printf 'no end'; sleep 0.2; " +
  "echo; echo; printf '\\303\\244\\377\\033[1m\\n'; echo last";

/** Runs a script in both, to its end. */
async function runToEnd(
  { orlop, podman, runBoth, image }: DetachedStore,
  script: string,
): Promise<void> {
  await runBoth(image, "sh", "-c", script);
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
  await runToEnd(store, SCRIPT);
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
  "--log-opt max-size bounds a log, also after a restart",
  DETACHED_NEEDS,
  async () => {
    await using store = await detachedStore();
    const { orlop, image } = store;
    const script = "i=0; while [ $i -lt 400 ]; do echo $i; i=$((i + 1)); done";
    const id = await orlop(
      ...["run", "-d", "--name", "app", "--log-opt", "max-size=1k"],
      ...[image, "sh", "-c", script],
    );
    const log = `${store.root}/overlay-containers/${id}/userdata/ctr.log`;
    const look = async () => {
      await orlop("wait", "app");
      const { size } = await Deno.stat(log);
      assert(size > 0 && size <= 1024, String(size));
      assertEquals((await orlop("logs", "app")).split("\n").at(-1), "399");
    };
    await look();
    await orlop("pod", "start", "app-pod");
    await look();
  },
);

Deno.test(
  "logs --follow continues over a log that is cut",
  DETACHED_NEEDS,
  async () => {
    await using store = await detachedStore();
    const { orlop, image } = store;
    // After 10 lines it waits.
    const script = "for i in $(busybox seq 30); do echo $i; sleep 0.1; " +
      "until [ $i != 10 -o -e /go ]; do sleep 0.1; done; done";
    const words = [image, "sh", "-c", script];
    const id = await orlop("run", "-d", "--name", "app", ...words);
    const log = `${store.root}/overlay-containers/${id}/userdata/ctr.log`;
    const follower = spawnOrlop(store, "logs", "-f", "app");
    const seen = listen(follower.stdout);
    // What is cut off before it was read is lost.
    await until(() => seen.text().endsWith("\n10\n"));
    await Deno.truncate(log);
    await orlop("exec", "app", "touch", "/go");
    await seen.done;
    assertEquals((await follower.status).code, 0);
    const all = Array.from({ length: 30 }, (_, at) => at + 1);
    assertEquals(seen.text().trimEnd().split("\n").map(Number), all);
    await follower.stdin.close();
    await follower.stderr.cancel();
  },
);
