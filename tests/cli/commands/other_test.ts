/** Commands that need no store: what they print. */

import { assert, assertEquals } from "@std/assert";
import { runCli } from "../../../src/cli/run_cli.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { cliStore } from "../../support/cli_store.ts";
import { refuses, says } from "../../support/cli_says.ts";
import { memoryTerminal } from "../../support/memory/memory_terminal.ts";
import { needs } from "../../support/peers.ts";
import project from "../../../deno.json" with { type: "json" };

const { version } = project;
const ARCHITECTURE = Deno.build.arch === "x86_64" ? "amd64" : "arm64";

async function orlop(...args: readonly string[]) {
  const terminal = memoryTerminal();
  const code = await runCli(args, { terminal, permissions: "keep" });
  return { code, out: terminal.printed, err: terminal.told };
}

Deno.test("version reports what runs", async () => {
  const { deno, v8 } = Deno.version;
  const platform = `linux/${ARCHITECTURE}`;
  const short = { code: 0, out: [`orlop version ${version}`], err: [] };
  assertEquals(await orlop("--version"), short);
  assertEquals(await orlop("-v"), short);
  assertEquals(await orlop("version"), {
    code: 0,
    out: [
      `Version:   ${version}`,
      "Commit:    not known, this is a checkout",
      `Platform:  ${platform}`,
      `Deno:      ${deno} (V8 ${v8})`,
    ],
    err: [],
  });
  const { out } = await orlop("version", "--format", "json");
  assertEquals(JSON.parse(out.join("\n")), {
    ...{ version, commit: "", platform, deno, v8 },
    Client: {
      ...{ Version: version, APIVersion: version, GitCommit: "" },
      ...{ OsArch: platform, Os: "linux" },
    },
  });
  const template = await orlop("version", "-f", "{{.Client.OsArch}}");
  assertEquals(template.out, [platform]);
  const odd = await orlop("version", "--format", "odd");
  assertEquals([odd.code, odd.out], [2, []]);
});

Deno.test(
  "the completion of bash asks orlop, and shows what it says",
  needs("bash"),
  async (t) => {
    const { out } = await orlop("completion", "bash");
    const complete = async (says: string, ...words: string[]) => {
      const script = `${out.join("\n")}
      orlop() { echo "asked: $*" >&2; printf '${says}'; }
      compopt() { echo "compopt $*"; }
      COMP_WORDS=(${words.join(" ")}) COMP_CWORD=${words.length - 1}
      _orlop
      printf '<%s>' "\${COMPREPLY[@]}"
      complete -p orlop`;
      const { stdout } = await new Deno.Command("bash", {
        args: ["--norc", "-c", script],
      }).output();
      return new TextDecoder().decode(stdout).trim();
    };
    const end = "complete -F _orlop orlop";
    const cases: readonly (readonly [string, string[], string])[] = [
      ["pull\\tPull an image\\npush\\n", ["orlop", "pu"], "<pull><push>"],
      ["a b\\thelp\\n", ["orlop", "image", "a"], "<a b>"],
      ["", ["orlop", "x"], "<>"],
      [":file\\n", ["orlop", "load", "-i", "x"], "compopt -o default\n<>"],
    ];
    for (const [said, words, shown] of cases) {
      await t.step(words.join(" "), async () => {
        assertEquals(await complete(said, ...words), `${shown}${end}`);
      });
    }
  },
);

Deno.test("the completions of other shells are those that were tried in them", async () => {
  const digests = await Promise.all(["zsh", "fish"].map(async (shell) => {
    const { code, out } = await orlop("completion", shell);
    assertEquals(code, 0);
    return digestOf(`${out.join("\n")}\n`).slice(7, 19);
  }));
  assertEquals(digests, ["3a56004c772a", "8581013801e4"]);
});

Deno.test("doctor reports what it found, in each form", async (t) => {
  using store = await cliStore();
  interface Finding {
    readonly check: string;
    readonly state: string;
    readonly found: string;
    readonly advice?: string;
  }
  const found = await store.json<readonly Finding[]>("doctor --format json");
  assert(found.length > 5);
  const code = found.some(({ state }) => state === "fail") ? 1 : 0;
  await t.step("as text", async () => {
    const ran = await store.orlop("doctor");
    assertEquals([ran.code, ran.err], [code, []]);
    const width = Math.max(...found.map(({ check }) => check.length));
    const rows = ran.out.filter((line) => !/^ +→ /.test(line));
    assertEquals(
      rows.map((line) => line.slice(0, width + 6)),
      found.map(({ check, state }) =>
        `${state.padEnd(4)}  ${check.padEnd(width)}`
      ),
    );
    const advice = found.flatMap(({ advice }) => advice ?? []);
    const shown = ran.out.filter((line) => /^ +→ /.test(line));
    assertEquals(shown.length, advice.length);
    const margin = " ".repeat(width + 8);
    assert(shown.every((line) => line.startsWith(`${margin}→ `)));
  });
  await t.step("as a template has it", async () => {
    const ran = await store.orlop("doctor --format {{.state}}:{{.check}}");
    assertEquals(ran, {
      code,
      out: found.map(({ check, state }) => `${state}:${check}`),
      err: [],
    });
  });
  await refuses(t, store, [
    ["doctor --format odd", 2, 'Cannot use "--format=odd": use text, json'],
  ]);
});

Deno.test("pod create names pods, and refuses what they cannot have", async (t) => {
  using store = await cliStore();
  const id = "d".repeat(64);
  await says(t, store, [
    [`pod create --id ${id}`, 0, [id]],
    ["pod inspect dddd -f {{.Name}}", 0, ["pod-dddddddddddd"]],
    ["pod exists pod-dddddddddddd", 0, []],
  ]);
  await t.step("by an argument", async () => {
    const made = await store.orlop("pod create mine");
    assertEquals([made.code, made.out.length], [0, 1]);
    const [first = ""] = made.out;
    assertEquals((await store.orlop("pod rm mine")).out, [first]);
  });
  await refuses(t, store, [
    [
      "pod create --network host x",
      2,
      'Cannot use "--network=host": each of its containers says so by itself',
    ],
    [
      "pod create --hostname h x",
      2,
      'Cannot use "--hostname=h": name a network: --network NAME',
    ],
    ["pod kill --all web", 2, 'Cannot use "--all" with names: "web"'],
    ["pod kill", 2, "Cannot tell which: name a pod, or use --all"],
    ["pod kill -s ODD web", 2, 'Cannot send signal "ODD"'],
  ]);
  await says(t, store, [["pod kill --all", 0, []]]);
});
