/**
 * Measures loads of a real image from an archive of `docker save` into fresh stores,
 * and saves of it from there, whole processes; orlop and podman take turns.
 *
 * Options: `--runs N` (3), `--layout DIR` (where the image is, or is made, once),
 * `--archive FILE` (instead: an archive with one image), `--orlop PROGRAM`
 * (scripts/orlop), `--small` (a third of the image), `--directory DIR` (/var/tmp).
 *
 * orlop ends when all is on the disk, podman before; so there are two ratios.
 */

import { parseArgs } from "@std/cli";
import { fromFileUrl, join } from "@std/path";
import { makeDebianLayout } from "./debian_layout.ts";
import { type Figures, measure } from "./measure.ts";
import { COLUMNS, printComparison } from "./print_comparison.ts";
import { unmountBelow } from "./machine.ts";

/** What a tool took, with a store of its own. */
interface Tool {
  readonly load: Figures;
  readonly save: Figures;
}

const here = fromFileUrl(new URL(".", import.meta.url));
const flags = parseArgs(Deno.args, {
  string: ["runs", "layout", "archive", "orlop", "directory"],
  boolean: ["small"],
  default: { runs: "3" },
});
const orlop = flags.orlop ?? join(here, "../orlop");
const TOOLS = [["orlop", orlop], ["podman", "podman"]] as const;
const { wall, synced, cpu, peak } = COLUMNS;

await main();

async function main(): Promise<void> {
  const dir = flags.directory ?? "/var/tmp";
  const work = await Deno.makeTempDir({ dir, prefix: "bench" });
  try {
    const archive = flags.archive ?? await makeArchive(`${work}/image.tar`);
    const results = new Map(TOOLS.map(([name]) => [name, [] as Tool[]]));
    for (let turn = 0; turn < Number(flags.runs); turn++) {
      for (const [name, program] of TOOLS) {
        await new Deno.Command("sync").output();
        const directory = `${work}/${name[0]}${turn}`;
        results.get(name)?.push(await useTool(program, directory, archive));
      }
    }
    const groups = (["load", "save"] as const).map((action) =>
      new Map(
        [...results].map(([name, runs]) => [
          `${action} ${name}`,
          runs.map((run) => run[action]),
        ]),
      )
    );
    await printComparison(groups, [wall, synced, cpu, peak]);
  } finally {
    await unmountBelow(work);
    await Deno.remove(work, { recursive: true });
  }
}

async function makeArchive(path: string): Promise<string> {
  const layout = await makeDebianLayout(flags);
  const to = `docker-archive:${path}:localhost/debian:1`;
  const { success } = await new Deno.Command("skopeo", {
    args: ["copy", "--quiet", `oci:${layout}:latest`, to],
  }).output();
  if (success) return path;
  throw new Error(`Cannot make archive "${path}"`);
}

async function useTool(
  program: string,
  directory: string,
  archive: string,
): Promise<Tool> {
  const own = [program, "--root", directory, "--runroot", `${directory}-run`];
  const load = await measure(
    [...own, "load", "--quiet", "--input", archive],
    directory,
  );
  const { stdout } = await new Deno.Command(program, {
    args: [...own.slice(1), "images", "--quiet"],
  }).output();
  const id = new TextDecoder().decode(stdout).trim();
  const output = `${directory}.tar`;
  const save = await measure(
    [...own, "save", "--quiet", "--output", output, id],
    directory,
  );
  await Deno.remove(output);
  return { load, save };
}
