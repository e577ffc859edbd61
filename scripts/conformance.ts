/**
 * Lets Kubernetes' own programs judge `orlop serve`, on a node of its own; called by
 * scripts/conformance. The last line is `N passed, N failed, N skipped`, and the
 * exit code is 1 if anything failed.
 *
 * Options: `--focus REGEXP` and `--skip REGEXP`, which specs of critest run, may be
 * given several times; `--quick`, those that fit CI's time; `--kubelet`, in place of
 * critest a kubelet, which runs a pod from a manifest; `--peer`, on containerd in
 * place of orlop; `--orlop PROGRAM` (scripts/orlop). The launcher adds `--directory`,
 * `--programs` and `--busybox`.
 */

import { parseArgs } from "@std/cli";
import { fromFileUrl } from "@std/path";
import { runUnderKubelet } from "./lib/cri/kubelet_steps.ts";
import { conform } from "./lib/cri/conform.ts";
import { prepareNode } from "./lib/cri/node.ts";
import { startContainerd, startOrlop } from "./lib/cri/runtime.ts";
import { print } from "./lib/print.ts";
import type { Tally } from "./lib/cri/tally.ts";

const {
  focus,
  skip,
  quick,
  kubelet,
  peer,
  orlop = fromFileUrl(new URL("orlop", import.meta.url)),
  directory = "",
  programs = "",
  busybox = "",
  ...rest
} = parseArgs(Deno.args, {
  string: ["focus", "skip", "orlop", "directory", "programs", "busybox"],
  collect: ["focus", "skip"],
  boolean: ["quick", "kubelet", "peer"],
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
    print("                   [--kubelet] [--peer] [--orlop PROGRAM]");
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
  if (kubelet) return await runUnderKubelet({ node, runtime });
  return await conform({ node, runtime }, { focus, skip, quick });
}
