/** `orlop exec` beside `podman exec`: what commands see, print, and end with. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { toBytes } from "../../../src/formats/bytes.ts";
import {
  DETACHED_NEEDS,
  type DetachedStore,
  detachedStore,
  spawnOrlop,
} from "../../support/programs/detached_store.ts";
import { needs } from "../../support/peers.ts";
import { listen } from "../../support/programs/process_talk.ts";
import { startOrlop } from "../../support/programs/orlop_process.ts";
import { LIMITS } from "../../support/programs/shared_store.ts";
import { ORLOP } from "../../support/programs/orlop_program.ts";
import { until } from "../../support/until.ts";

/** What a shell shows when it waits for a line. */
const PROMPT = "# ";

/**
 * Types into orlop on a terminal of 33 lines and 77 columns: keys, each when
 * something was shown since the last ones.
 */
async function type(
  store: DetachedStore,
  dialog: readonly (readonly [awaited: string, keys: string])[],
  line: string,
): Promise<string> {
  const size = "stty rows 33 cols 77";
  const command = `${size}; "${ORLOP}" --root "${store.root}" ` +
    `--runroot "${store.runRoot}" ${line}; echo "code $?"; stty -a`;
  const child = new Deno.Command("script", {
    args: ["-qec", command, "/dev/null"],
    env: { ORLOP_DENO: Deno.execPath() },
    ...{ stdin: "piped", stdout: "piped" },
  }).spawn();
  const shown = listen(child.stdout);
  const writer = child.stdin.getWriter();
  let from = 0;
  for (const [awaited, keys] of dialog) {
    await until(() => shown.text().includes(awaited, from));
    from = shown.text().length;
    await writer.write(toBytes(keys));
  }
  await shown.done;
  await writer.close().catch(() => {}); // its reader is gone
  await child.status;
  return shown.text();
}

const IDENTITY = "busybox id -u; busybox id -g; pwd; " +
  "busybox env | busybox grep -vE '^(HOSTNAME|container|PWD|SHLVL)=' | " +
  "busybox sort; busybox grep -E '^(Cap|NoNew|Seccomp:)' /proc/self/status";

Deno.test("exec does what podman's does", DETACHED_NEEDS, async (t) => {
  await using store = await detachedStore();
  const { tryOrlop, tryPodman, orlop, image } = store;
  const flags = ["-e", "FOO=1", "--tmpfs", "/tmp"];
  await store.runBoth(...flags, image, "sleep", "600");
  const table: readonly (readonly [string, string])[] = [
    ["", IDENTITY],
    ["-e A=1 -e FOO=2", IDENTITY],
    ["-w /tmp", IDENTITY],
    ["-u 1000", IDENTITY],
    ["-u 1000:5", IDENTITY],
    ["--user 0:0", IDENTITY],
    ["--privileged", IDENTITY],
    ["", "exit 7"],
    ["", "kill -9 $$"],
    ["", "kill -TERM $$"],
    ["", "echo out; echo err >&2"],
    ["", "printf 'no end'"],
    ["", "cat"],
    ["-i", "cat"],
    ["", "sleep 600 & echo started"],
    ["-t", "busybox tty; exit 3"],
    ["", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo $i; done"],
  ];
  for (const [flags, script] of table) {
    await t.step(`${flags} ${script.slice(0, 30)}`, async () => {
      const words = flags.split(" ").filter(Boolean);
      const command = ["sh", "-c", script];
      assertEquals(
        await tryOrlop("exec", ...words, "ours", ...command),
        await tryPodman("exec", ...words, "theirs", ...command),
      );
    });
  }
  await t.step("what cannot run has podman's exit codes", async () => {
    for (const words of [["nope"], ["/bin"], ["/bin/nope"]]) {
      const ours = await tryOrlop("exec", "ours", ...words);
      const theirs = await tryPodman("exec", "theirs", ...words);
      assertEquals([ours.code, ours.out], [theirs.code, theirs.out]);
      assert(ours.err !== "");
    }
  });
  await t.step("-d continues by itself", async () => {
    assertEquals(await orlop("exec", "-d", "ours", "sleep", "7777"), "");
    // The runtime returns when it is about to become the command.
    const list = () => orlop("top", "ours", "args");
    await until(async () => (await list()).includes("sleep 7777"));
  });
  await t.step("what makes no sense is refused", async () => {
    const table = [
      ["nobody", "true"],
      ["-u", "nouser", "ours", "true"],
      ["-w", "relative", "ours", "true"],
      ["-e", "=x", "ours", "true"],
      ["--detach-keys", "ctrl-#", "ours", "true"],
    ];
    for (const words of table) {
      assertEquals((await tryOrlop("exec", ...words)).code, 125, words.join());
    }
    await orlop("kill", "ours");
    await orlop("wait", "ours");
    assertEquals((await tryOrlop("exec", "ours", "true")).code, 125);
    assertEquals((await tryOrlop("attach", "ours")).code, 1);
  });
});

Deno.test("exec and attach on a terminal", {
  ignore: DETACHED_NEEDS.ignore || needs("script", "stty").ignore,
}, async (t) => {
  await using store = await detachedStore();
  const { orlop, image } = store;
  const flags = ["--name", "ours", ...LIMITS, "-di"];
  await orlop(
    "run",
    ...flags,
    image,
    "sh",
    "-c",
    "while read x; do echo got $x; done",
  );
  await t.step("it has the size of orlop's, and keys", async () => {
    const shell = "exec -it ours sh";
    const shown = await type(store, [
      [PROMPT, "busybox stty size\r"],
      ["33 77\r\n", "sh -c 'echo u''p; exec sleep 50'\r"],
      ["\nup\r\n", "\x03"],
      [PROMPT, "exit 4\r"],
    ], shell);
    assertStringIncludes(shown, "33 77\r\n");
    assertStringIncludes(shown, "code 4\r\n");
    assert(!shown.includes("\r\r\n"), shown);
    for (const flag of [" icanon", " echo ", "\nopost"]) {
      assertStringIncludes(shown, flag);
    }
  });
  await t.step(
    "it is left by keys, which the process does not get",
    async () => {
      const shown = await type(
        store,
        [[PROMPT, "echo x\r"], ["\nx\r\n", "\x10\x11"]],
        "exec -it ours sh",
      );
      assertStringIncludes(shown, "code 0\r\n");
      const keys = await type(
        store,
        [[PROMPT, "\x10y\r"], [PROMPT, "q"]],
        "exec -it --detach-keys=q ours sh",
      );
      assertStringIncludes(keys, "code 0\r\n");
    },
  );
  await t.step("attach sees and types", async () => {
    const child = spawnOrlop(store, "attach", "ours");
    const writer = child.stdin.getWriter();
    await writer.write(toBytes("hello\n"));
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    assertEquals(new TextDecoder().decode(value), "got hello\n");
    // Signals reach the process; it ends by this one.
    child.kill("SIGTERM");
    await orlop("kill", "ours");
    assertEquals((await child.status).code, 0);
    await writer.close().catch(() => {});
    await reader.cancel();
    await child.stderr.cancel();
  });
});

Deno.test("who runs orlop exec ends what it runs", DETACHED_NEEDS, async () => {
  await using store = await detachedStore();
  const { orlop, image } = store;
  await orlop("run", "-d", "--name", "ours", ...LIMITS, image, "sleep", "600");
  const running = startOrlop(store.join(), "exec", "ours", "sleep", "4444");
  const list = () => orlop("top", "ours", "args");
  await until(async () => (await list()).includes("4444"));
  running.kill("SIGINT");
  assertEquals((await running.result).code, 130);
  await until(async () => !(await list()).includes("4444"));
});
