/** Runs critest on a runtime. */

import { existsSync } from "node:fs";
import { toText } from "../../../src/formats/bytes.ts";
import { lines } from "../../../tests/support/programs/lines.ts";
import { readCritestReport, type SpecResult } from "./critest_report.ts";
import type { Node } from "./node.ts";
import type { Runtime } from "./runtime.ts";

/** Which specs run; all but benchmarks if nothing is said. */
export interface CritestOptions {
  /** Regular expressions: a spec runs if one of them fits its name. */
  readonly focus?: readonly string[];
  /** Regular expressions: a spec does not run if one of them fits. */
  readonly skip?: readonly string[];
  /** Further arguments of critest. */
  readonly args?: readonly string[];
}

/**
 * Runs specs to their end. A dot on stderr is one that is over.
 *
 * @throws {Error} If critest ends without a report.
 */
export async function runCritest(
  { node, runtime }: { readonly node: Node; readonly runtime: Runtime },
  { focus = [], skip = [], args = [] }: CritestOptions = {},
): Promise<readonly SpecResult[]> {
  const report = `${node.directory}/critest-${runtime.name}.json`;
  if (existsSync(report)) await Deno.remove(report);
  const child = new Deno.Command(`${node.programs}/critest`, {
    args: [
      ...["--config", "/dev/null", "--ginkgo.no-color"],
      ...["--runtime-endpoint", runtime.endpoint],
      ...["--image-endpoint", runtime.endpoint],
      ...["--ginkgo.json-report", report, "--ginkgo.timeout", "3h"],
      ...focus.map((pattern) => `--ginkgo.focus=${pattern}`),
      ...skip.map((pattern) => `--ginkgo.skip=${pattern}`),
      ...args,
    ],
    cwd: node.directory,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const tail = await showProgress(child.stdout, `${report}.log`);
  const { code } = await child.status;
  if (existsSync(report)) {
    return readCritestReport(toText(await Deno.readFile(report)));
  }
  throw new Error(`Cannot run critest: it ended with ${code}: ${tail}`);
}

/** @returns The last lines. */
async function showProgress(
  output: ReadableStream<Uint8Array<ArrayBuffer>>,
  path: string,
): Promise<string> {
  using log = await Deno.open(path, { write: true, create: true });
  const last: string[] = [];
  for await (const line of lines(output)) {
    log.writeSync(new TextEncoder().encode(`${line}\n`));
    last.push(line);
    if (last.length > 20) last.shift();
    if (/^• /.test(line)) Deno.stderr.writeSync(new TextEncoder().encode("."));
  }
  Deno.stderr.writeSync(new TextEncoder().encode("\n"));
  return last.join("\n");
}
