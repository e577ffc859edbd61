/** `orlop top` and `orlop stats` beside podman's, of the same processes. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  DETACHED_NEEDS,
  detachedStore,
} from "../../support/programs/detached_store.ts";
import { until } from "../../support/until.ts";

const SCRIPT = "sleep 600 & exec sleep 601";
/** Whether both processes of the script run. */
function runsScript(top: string): boolean {
  const lines = top.split("\n").map((line) => line.trim());
  return ["sleep 600", "sleep 601"].every((line) => lines.includes(line));
}

/** What differs between two processes of one kind. */
function withoutNumbers(text: string): string {
  return text.split("\n").map((line) =>
    line.replaceAll(/[\d.]+(ms|m?s)\b/g, "TIME").replaceAll(
      /\d\.\d{3}\b/g,
      "SHARE",
    ).replaceAll(/\b([2-9]|1\d)\b/g, "PID") // by chance, but for the first
      .replaceAll(/\s+/g, " ").trim()
  ).join("\n");
}

Deno.test("top lists what podman lists", DETACHED_NEEDS, async (t) => {
  await using store = await detachedStore();
  const { orlop, podman, tryOrlop, tryPodman } = store;
  const flags = ["--user=0", "--memory=64m"];
  await store.runBoth(...flags, store.image, "sh", "-c", SCRIPT);
  await until(async () => runsScript(await orlop("top", "ours", "args")));
  await until(async () => runsScript(await podman("top", "theirs", "args")));
  const table = [
    "",
    "user pid ppid args",
    "pid comm state nice",
    "capeff capamb capbnd capinh capprm",
    "seccomp tty group rgroup ruser huser",
    "pid,args",
    "%p %a %U",
  ];
  for (const words of table) {
    await t.step(words || "by default", async () => {
      const args = words.split(" ").filter(Boolean);
      assertEquals(
        withoutNumbers(await orlop("top", "ours", ...args)),
        withoutNumbers(await podman("top", "theirs", ...args)),
      );
    });
  }
  await t.step("its host's process IDs are those of ps", async () => {
    const [, first] = (await orlop("top", "ours", "hpid")).split("\n");
    const pid = await orlop("ps", "--format={{.Pid}}", "--filter=name=ours");
    assertEquals(first?.trim(), pid);
  });
  await t.step("stats measures it, as podman does", async () => {
    const format = "--format={{.Name}} {{.PIDs}} {{.MemUsage}} {{.NetIO}}";
    const ours = await orlop("stats", "--no-stream", format);
    const theirs = await podman("stats", "--no-stream", format, "theirs");
    const shape = (text: string) =>
      text.replace(/^\w+/, "").replace(/[\d.]+kB/, "N kB");
    assertEquals(shape(ours), shape(theirs));
    assertMatch(ours, /^ours 2 [\d.]+kB \/ 67\.11MB 0B \/ 0B$/);
  });
  await t.step("stats as JSON has podman's members", async () => {
    const members = (text: string) => Object.keys(JSON.parse(text)[0]);
    const words = ["stats", "--no-stream", "--format=json"];
    assertEquals(
      members(await orlop(...words, "ours")),
      members(await podman(...words, "theirs")),
    );
  });
  await t.step("what does not run has neither", async () => {
    await orlop("kill", "ours");
    await orlop("wait", "ours");
    assertEquals((await tryOrlop("top", "ours")).code, 1);
    assertEquals((await tryOrlop("stats", "--no-stream", "ours")).code, 1);
    assertEquals((await tryOrlop("top", "nobody")).code, 3);
    const { out } = await tryOrlop("stats", "--no-stream");
    assert(!out.includes("\n"), out);
    await podman("kill", "theirs");
    assertEquals((await tryPodman("top", "theirs")).code, 125);
  });
});
