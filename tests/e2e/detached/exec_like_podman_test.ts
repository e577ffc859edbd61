/** `orlop exec` beside `podman exec`: what commands see, print, and end with. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  DETACHED_NEEDS,
  type DetachedStore,
  detachedStore,
} from "../../support/programs/detached_store.ts";
import { needs } from "../../support/peers.ts";
import { ORLOP } from "../../support/programs/orlop_program.ts";
import { until } from "../../support/programs/orlop_process.ts";

const LIMITS = [
  ...["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000"],
];

async function runBoth(
  { orlop, podmanDetached, image }: DetachedStore,
  ...flags: string[]
): Promise<void> {
  const words = [...flags, image, "sleep", "600"];
  await podmanDetached("--name", "theirs", ...words);
  await orlop("run", "-d", "--name", "ours", ...LIMITS, ...words);
}

/** Types into orlop on a terminal of 33 lines and 77 columns. */
async function type(
  store: DetachedStore,
  keys: readonly string[],
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
  const shown = new Response(child.stdout).text();
  const writer = child.stdin.getWriter();
  for (const text of keys) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await writer.write(new TextEncoder().encode(text));
  }
  const text = await shown;
  await writer.close().catch(() => {}); // its reader is gone
  await child.status;
  return text;
}

const IDENTITY = "busybox id -u; busybox id -g; pwd; " +
  "busybox env | busybox grep -vE '^(HOSTNAME|container|PWD|SHLVL)=' | " +
  "busybox sort; busybox grep -E '^(Cap|NoNew|Seccomp:)' /proc/self/status";

Deno.test("exec does what podman's does", DETACHED_NEEDS, async (t) => {
  await using store = await detachedStore();
  const { tryOrlop, tryPodman, orlop } = store;
  await runBoth(store, "-e", "FOO=1", "--tmpfs", "/tmp");
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
  await t.step("-d goes on by itself", async () => {
    assertEquals(await orlop("exec", "-d", "ours", "sleep", "7777"), "");
    assertStringIncludes(await orlop("top", "ours", "args"), "sleep 7777");
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
    const keys = ["busybox stty size\r", "sleep 50\r", "\x03", "exit 4\r"];
    const shown = await type(store, keys, shell);
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
        ["echo x\r", "\x10\x11"],
        "exec -it ours sh",
      );
      assertStringIncludes(shown, "code 0\r\n");
      const other = ["\x10y\r", "q"];
      const keys = await type(store, other, "exec -it --detach-keys=q ours sh");
      assertStringIncludes(keys, "code 0\r\n");
    },
  );
  await t.step("attach sees and types", async () => {
    const child = new Deno.Command(ORLOP, {
      args: [
        "--root",
        store.root,
        "--runroot",
        store.runRoot,
        "attach",
        "ours",
      ],
      env: { ORLOP_DENO: Deno.execPath() },
      ...{ stdin: "piped", stdout: "piped" },
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("hello\n"));
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    assertEquals(new TextDecoder().decode(value), "got hello\n");
    // Signals reach the process; it ends by this one.
    child.kill("SIGTERM");
    await orlop("kill", "ours");
    assertEquals((await child.status).code, 0);
    await writer.close().catch(() => {});
    await reader.cancel();
  });
});

Deno.test("who runs orlop exec ends what it runs", DETACHED_NEEDS, async () => {
  await using store = await detachedStore();
  const { orlop, image } = store;
  await orlop("run", "-d", "--name", "ours", ...LIMITS, image, "sleep", "600");
  const child = new Deno.Command(ORLOP, {
    args: [
      ...["--root", store.root, "--runroot", store.runRoot],
      ...["exec", "ours", "sleep", "4444"],
    ],
    env: { ORLOP_DENO: Deno.execPath() },
    stderr: "null",
  }).spawn();
  const list = () => orlop("top", "ours", "args");
  await until(async () => (await list()).includes("4444"));
  child.kill("SIGINT");
  assertEquals((await child.status).code, 130);
  await until(async () => !(await list()).includes("4444"));
});
