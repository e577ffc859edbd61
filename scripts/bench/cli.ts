/**
 * Measures commands, whole processes, on one store that all tools share; they
 * take turns.
 *
 * Options: `--runs N` (10), `--containers N` (0: how many others the store
 * holds), `--orlop PROGRAM` (dist/orlop), `--directory DIR` (/var/tmp).
 */

import { parseArgs } from "@std/cli";
import { fromFileUrl, join } from "@std/path";
import { isNameThere } from "../../src/fs/if_there.ts";
import { openBenchStore } from "./bench_store.ts";
import { median } from "./measure.ts";
import { print } from "../lib/print.ts";
import { describeMachine } from "./machine.ts";

/** Command lines; a step of several is their sum. */
type Step = readonly (readonly string[])[];

const here = fromFileUrl(new URL(".", import.meta.url));
const {
  runs = "10",
  containers = "0",
  orlop = join(here, "../../dist/orlop"),
  directory = "/var/tmp",
} = parseArgs(Deno.args, {
  string: ["runs", "containers", "orlop", "directory"],
});

const RUN_WORDS = [
  ...["run", "--rm", "--cgroupns=host", "--network=none"],
  ...["--log-driver=none", "--ulimit", "nofile=1024:1024"],
  ...["--ulimit", "nproc=1000:1000"],
];

await main();

async function main(): Promise<void> {
  if (!isNameThere(orlop)) {
    // deno-lint-ignore no-console -- a program for people
    console.error(
      `Cannot measure "${orlop}": it is missing; run scripts/build`,
    );
    Deno.exit(1);
  }
  await using store = await openBenchStore(directory);
  await store.fill(Number(containers));
  print(await describeMachine());
  print(`${containers} other containers, medians of ${runs} runs`);
  print("what            tool                  ms  orlop/tool");
  for (const [name, tools] of listSteps(store)) {
    const times = await takeTurns(tools);
    const own = times.get("orlop") ?? [];
    for (const [tool, all] of times) {
      const ratio = median(all.map((ms, index) => (own[index] ?? ms) / ms));
      print(
        [
          name.padEnd(14),
          tool.padEnd(18),
          median(all).toFixed(0).padStart(5),
          tool === "orlop" ? "" : ratio.toFixed(2).padStart(10),
        ].join("  ").trimEnd(),
      );
    }
  }
}

function listSteps(
  { root, runRoot, image, imageId, pod }: {
    readonly root: string;
    readonly runRoot: string;
    readonly image: string;
    readonly imageId: string;
    readonly pod: string;
  },
): ReadonlyMap<string, ReadonlyMap<string, Step>> {
  const own = (...words: string[]) => [
    ...[orlop, "--root", root, "--runroot", runRoot],
    ...words,
  ];
  const podman = (...words: string[]) => [
    ...["podman", "--root", root, "--runroot", runRoot],
    ...["--storage-driver", "overlay", "--runtime", "runc"],
    ...["--cgroup-manager", "cgroupfs", ...words],
  ];
  const storage = (...words: string[]) => [
    ...["containers-storage", "--graph", root, "--run", runRoot],
    ...["--storage-driver", "overlay", ...words],
  ];
  return new Map<string, ReadonlyMap<string, Step>>([
    [
      "version",
      new Map([
        ["orlop", [own("version")]],
        ["podman", [podman("--version")]],
      ]),
    ],
    [
      "images",
      new Map([
        ["orlop", [own("images")]],
        ["podman", [podman("images")]],
        ["containers-storage", [storage("images")]],
      ]),
    ],
    [
      "ps",
      new Map([
        ["orlop", [own("ps", "--all")]],
        ["podman", [podman("ps", "--all", "--external")]],
        ["containers-storage", [storage("containers")]],
      ]),
    ],
    [
      "life, 4 calls",
      new Map([
        ["orlop", [
          own("container", "create", "--pod", pod, "--name", "bench", image),
          own("start", "bench"),
          own("stop", "bench"),
          own("rm", "bench"),
        ]],
        ["podman", [
          podman("create", "--name", "bench", "--network=none", image, "true"),
          podman("mount", "bench"),
          podman("umount", "bench"),
          podman("rm", "bench"),
        ]],
        ["containers-storage", [
          storage("create-container", "--name", "bench", imageId),
          storage("mount", "bench"),
          storage("unmount", "bench"),
          storage("delete-container", "bench"),
        ]],
      ]),
    ],
    [
      "run --rm",
      new Map([
        ["orlop", [own("run", "--rm", image, "true")]],
        ["podman", [podman(...RUN_WORDS, image, "true")]],
      ]),
    ],
  ]);
}

/** Milliseconds of each run; one more comes first and does not count. */
async function takeTurns(
  tools: ReadonlyMap<string, Step>,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const times = new Map([...tools.keys()].map((n) => [n, [] as number[]]));
  for (let run = 0; run <= Number(runs); run++) {
    for (const [name, step] of tools) {
      const start = performance.now();
      for (const argv of step) await runWhole(argv);
      if (run > 0) times.get(name)?.push(performance.now() - start);
    }
  }
  return times;
}

async function runWhole([program = "", ...args]: readonly string[]) {
  const { success, stderr } = await new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  const why = new TextDecoder().decode(stderr);
  throw new Error(`Cannot measure "${program} ${args.join(" ")}": ${why}`);
}
