/**
 * Runs Kubernetes' own conformance programs against `orlop serve`, on a node of
 * its own; called by scripts/conformance. The last line is `N passed, N failed,
 * N skipped`, and the exit code is 1 if anything failed.
 *
 * In place of critest: `--kubelet`, a kubelet that runs a pod from a manifest;
 * `--storm`, `--pods N` (200) by `--workers N` (8) while the daemon is killed again and
 * again. For critest: `--focus REGEXP` and `--skip REGEXP`, which specs run, may be
 * given several times; `--quick`, those that fit CI's time. `--peer` tries containerd
 * in place of orlop, `--orlop PROGRAM` another one than scripts/orlop. The launcher
 * adds `--directory`, `--programs` and `--busybox`.
 */

import { parseArgs } from "@std/cli";
import { fromFileUrl } from "@std/path";
import { runUnderKubelet } from "./lib/cri/kubelet_steps.ts";
import { conform } from "./lib/cri/conform.ts";
import { prepareNode } from "./lib/cri/node.ts";
import { startContainerd, startOrlop } from "./lib/cri/runtime.ts";
import { runStorm } from "./lib/cri/storm.ts";
import { print } from "./lib/print.ts";
import type { Tally } from "./lib/cri/tally.ts";

const {
  focus,
  skip,
  quick,
  kubelet,
  storm,
  pods = "200",
  workers = "8",
  peer,
  orlop = fromFileUrl(new URL("orlop", import.meta.url)),
  directory = "",
  programs = "",
  busybox = "",
  ...rest
} = parseArgs(Deno.args, {
  string: [
    "focus",
    "skip",
    "orlop",
    "directory",
    "programs",
    "busybox",
    "pods",
    "workers",
  ],
  collect: ["focus", "skip"],
  boolean: ["quick", "kubelet", "storm", "peer"],
});

await main();

async function main(): Promise<void> {
  const odd = [
    ...rest._.map(String),
    ...Object.keys(rest).filter((name) => name !== "_"),
  ];
  if (odd.length > 0) {
    print(`Cannot understand "${odd[0]}"`);
    print(
      "usage: conformance [--focus REGEXP]... [--skip REGEXP]... [--quick]",
    );
    print("                   [--kubelet|--storm] [--peer] [--orlop PROGRAM]");
    Deno.exit(2);
  }
  const tally = await judge();
  print("");
  print(tally.format());
  Deno.exit(tally.failed > 0 ? 1 : 0);
}

async function judge(): Promise<Tally> {
  await using node = await prepareNode(directory, { programs, busybox });
  await using runtime = peer
    ? await startContainerd(node)
    : await startOrlop(node, orlop);
  if (storm) {
    return await runStorm({ node, runtime }, {
      pods: Number(pods),
      workers: Number(workers),
    });
  }
  if (kubelet) return await runUnderKubelet({ node, runtime });
  return await conform({ node, runtime }, { focus, skip, quick });
}
