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
import { type Figures, measure, median, medianFigures } from "./measure.ts";
import { describeMachine, print, unmountBelow } from "./surroundings.ts";

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
const layout = flags.layout ??
  `/var/tmp/orlop-bench/bookworm${flags.small ? "-small" : ""}`;
const TOOLS = [["orlop", orlop], ["podman", "podman"]] as const;

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
    await report(results);
  } finally {
    await unmountBelow(work);
    await Deno.remove(work, { recursive: true });
  }
}

async function makeArchive(path: string): Promise<string> {
  await makeDebianLayout(layout, flags);
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

async function report(
  results: ReadonlyMap<string, readonly Tool[]>,
): Promise<void> {
  print(await describeMachine());
  print(
    "           runs  wall s  synced s  cpu s  peak MiB  orlop/tool: wall  synced   cpu",
  );
  for (const action of ["load", "save"] as const) {
    const own = results.get("orlop") ?? [];
    for (const [name, runs] of results) {
      const all = runs.map((run) => run[action]);
      const { wall, synced, cpu, peak } = medianFigures(all);
      const ratio = (of: (figures: Figures) => number) =>
        median(all.map((run, i) => of(own[i]?.[action] ?? run) / of(run)));
      print([
        `${action} ${name}`.padEnd(11),
        String(runs.length).padStart(2),
        wall.toFixed(2).padStart(6),
        synced.toFixed(2).padStart(8),
        cpu.toFixed(2).padStart(5),
        peak.toFixed(0).padStart(8),
        ratio((figures) => figures.wall).toFixed(2).padStart(16),
        ratio((figures) => figures.synced).toFixed(2).padStart(6),
        ratio((figures) => figures.cpu).toFixed(2).padStart(4),
      ].join("  "));
    }
  }
}
