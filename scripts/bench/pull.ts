/**
 * Measures pulls of a real image, whole processes, into fresh stores, from a
 * registry on loopback; orlop and its peers take turns.
 *
 * Options: `--runs N` (3), `--layout DIR` (where the image is, or is made,
 * once), `--orlop PROGRAM` (scripts/orlop), `--peers a,b` (podman, skopeo,
 * containerd), `--small` (a third of the image), `--directory DIR` (/var/tmp;
 * on a file system where many files were just deleted all are slow).
 *
 * orlop ends when all is on the disk, others before; so there are two ratios.
 */

import { parseArgs } from "@std/cli";
import { fromFileUrl, join } from "@std/path";
import { startRegistry } from "../../tests/support/servers/registry_server.ts";
import { startContainerd } from "./containerd.ts";
import { makeDebianLayout } from "./debian_layout.ts";
import { type Figures, measure } from "./measure.ts";
import { COLUMNS, printComparison } from "./print_comparison.ts";
import { print } from "../lib/print.ts";
import { unmountBelow } from "./machine.ts";

type Pull = (directory: string, image: string) => Promise<Figures>;

const here = fromFileUrl(new URL(".", import.meta.url));
const flags = parseArgs(Deno.args, {
  string: ["runs", "layout", "orlop", "peers", "directory"],
  boolean: ["small"],
  default: { runs: "3", peers: "podman,skopeo,containerd" },
});
const orlop = flags.orlop ?? join(here, "../orlop");
const { wall, synced, cpu, peak } = COLUMNS;

await main();

async function main(): Promise<void> {
  const layout = await makeDebianLayout(flags);
  await using registry = await startRegistry();
  await registry.pushLayout(`${layout}:latest`, "debian:latest");
  const image = `${registry.host}/debian:latest`;
  const dir = flags.directory ?? "/var/tmp";
  const work = await Deno.makeTempDir({ dir, prefix: "bench" });
  try {
    const results = await takeTurns(listTools(), { work, image });
    await printComparison([results], [wall, synced, cpu, peak]);
    await reportRepeated(work, image);
  } finally {
    // Not in between: ext4 without a journal is slow where files just were.
    await unmountBelow(work);
    await Deno.remove(work, { recursive: true });
  }
}

function listTools(): ReadonlyMap<string, Pull> {
  const all: readonly (readonly [string, Pull])[] = [
    [
      "orlop",
      (directory, image) => measure([...orlopOn(directory), image], directory),
    ],
    ["podman", (directory, image) =>
      measure([
        ...["podman", "--root", directory, "--runroot", `${directory}-run`],
        ...["pull", "--quiet", "--tls-verify=false", image],
      ], directory)],
    ["skopeo", (directory, image) =>
      measure([
        ...["skopeo", "copy", "--quiet", "--src-tls-verify=false"],
        `docker://${image}`,
        `containers-storage:[overlay@${directory}+${directory}-run]${image}`,
      ], directory)],
    ["containerd", pullByContainerd],
  ];
  const wanted = ["orlop", ...(flags.peers ?? "").split(",")];
  return new Map(all.filter(([name]) => wanted.includes(name)));
}

async function pullByContainerd(
  directory: string,
  image: string,
): Promise<Figures> {
  await using containerd = await startContainerd(directory);
  return await containerd.pull(image);
}

function orlopOn(directory: string): readonly string[] {
  const store = ["--root", directory, "--runroot", `${directory}-run`];
  return [orlop, ...store, "pull", "--quiet", "--tls-verify=false"];
}

async function takeTurns(
  tools: ReadonlyMap<string, Pull>,
  { work, image }: { readonly work: string; readonly image: string },
): Promise<ReadonlyMap<string, readonly Figures[]>> {
  const results = new Map([...tools.keys()].map((n) => [n, [] as Figures[]]));
  for (let run = 0; run < Number(flags.runs); run++) {
    for (const [name, pull] of tools) {
      await new Deno.Command("sync").output();
      const directory = `${work}/${name[0]}${randomName()}`;
      results.get(name)?.push(await pull(directory, image));
    }
  }
  return results;
}

/** A pull with nothing left to fetch, beside the bare start of the program. */
async function reportRepeated(work: string, image: string): Promise<void> {
  const directory = `${work}/repeated`;
  await measure([...orlopOn(directory), image], work);
  const again = await measure([...orlopOn(directory), image], work);
  const start = await measure([orlop, "version"], work);
  print(
    `all layers present: ${again.wall.toFixed(2)} s, ` +
      `the program's start alone: ${start.wall.toFixed(2)} s`,
  );
}

/** Short: podman takes no run root of more than 50 characters. */
function randomName(): string {
  return crypto.randomUUID().slice(0, 6);
}
