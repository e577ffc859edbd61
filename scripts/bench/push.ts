/**
 * Measures pushes of a real image, whole processes, from a store of each tool's own
 * to an empty registry on loopback; orlop and its peers take turns. All have to
 * compress the layers: stores keep them unpacked, and nothing is there.
 *
 * Options: `--runs N` (3), `--layout DIR` (where the image is, or is made, once),
 * `--orlop PROGRAM` (scripts/orlop), `--peers a,b` (podman, skopeo), `--format
 * gzip|zstd`, `--level N` (of orlop's compression), `--small` (a third of the
 * image), `--directory DIR` (/var/tmp).
 *
 * podman and skopeo compress by gzip at level 6. The resulting sizes are
 * printed, too: a tool that compresses less is faster.
 */

import { parseArgs } from "@std/cli";
import { fromFileUrl, join } from "@std/path";
import {
  run,
  startRegistry,
} from "../../tests/support/servers/registry_server.ts";
import { makeDebianLayout } from "./debian_layout.ts";
import { type Figures, measure } from "./measure.ts";
import { type Column, COLUMNS, printComparison } from "./print_comparison.ts";
import { unmountBelow } from "./machine.ts";

/** A push, and how large the layers are then. */
interface Push extends Figures {
  /** In MB. */
  readonly size: number;
}

/** The words that push image `app` to a name. */
type Words = (name: string) => readonly string[];

const BYTES_PER_MB = 1_000_000;
const here = fromFileUrl(new URL(".", import.meta.url));
const flags = parseArgs(Deno.args, {
  string: ["runs", "layout", "orlop", "peers", "directory", "format", "level"],
  boolean: ["small"],
  default: { runs: "3", peers: "podman,skopeo" },
});
const orlop = flags.orlop ?? join(here, "../orlop");
const NAME = "localhost/app:1";
const PUSHED: Column<Push> = {
  heading: "pushed MB",
  of: ({ size }) => size,
  digits: 1,
};
const { wall, cpu, peak } = COLUMNS;

await main();

async function main(): Promise<void> {
  const layout = await makeDebianLayout(flags);
  const dir = flags.directory ?? "/var/tmp";
  const work = await Deno.makeTempDir({ dir, prefix: "bench" });
  try {
    const tools = await fillStores(work, layout);
    const results = await takeTurns(tools, work);
    await printComparison([results], [wall, cpu, peak, PUSHED]);
  } finally {
    await unmountBelow(work);
    await Deno.remove(work, { recursive: true });
  }
}

/** Brings the image into a store for each, which is read alone from then on. */
async function fillStores(
  work: string,
  layout: string,
): Promise<ReadonlyMap<string, Words>> {
  const own = ["--root", `${work}/o`, "--runroot", `${work}/or`];
  await run(orlop, ...own, "pull", "--quiet", `oci:${layout}:latest`);
  const [id = ""] = (await run(orlop, ...own, "images", "-q")).split("\n");
  await run(orlop, ...own, "tag", id, NAME);
  const shared = `[overlay@${work}/p+${work}/pr]`;
  await run(
    ...["skopeo", "copy", "--quiet", `oci:${layout}:latest`] as const,
    `containers-storage:${shared}${NAME}`,
  );
  const packing = [
    ...flags.format ? ["--compression-format", flags.format] : [],
    ...flags.level ? ["--compression-level", flags.level] : [],
  ];
  const all: readonly (readonly [string, Words])[] = [
    ["orlop", (name) => [
      ...[orlop, ...own, "push", "--quiet", "--tls-verify=false"],
      ...[...packing, NAME, name],
    ]],
    ["podman", (name) => [
      ...["podman", "--root", `${work}/p`, "--runroot", `${work}/pr`],
      ...["push", "--quiet", "--tls-verify=false", NAME, name],
    ]],
    ["skopeo", (name) => [
      ...["skopeo", "copy", "--quiet", "--dest-tls-verify=false"],
      ...[`containers-storage:${shared}${NAME}`, `docker://${name}`],
    ]],
  ];
  const wanted = ["orlop", ...(flags.peers ?? "").split(",")];
  return new Map(all.filter(([name]) => wanted.includes(name)));
}

async function takeTurns(
  tools: ReadonlyMap<string, Words>,
  work: string,
): Promise<ReadonlyMap<string, readonly Push[]>> {
  const results = new Map([...tools.keys()].map((n) => [n, [] as Push[]]));
  for (let turn = 0; turn < Number(flags.runs); turn++) {
    for (const [tool, words] of tools) {
      // Empty each time: what is there is not sent again.
      await using registry = await startRegistry();
      const name = `${registry.host}/app:1`;
      const figures = await measure(words(name), work);
      const size = await sizeOf(name);
      results.get(tool)?.push({ ...figures, size });
    }
  }
  return results;
}

async function sizeOf(name: string): Promise<number> {
  const text = await run(
    ...["skopeo", "inspect", "--raw", "--tls-verify=false"] as const,
    `docker://${name}`,
  );
  const layers: readonly { readonly size: number }[] = JSON.parse(text).layers;
  return layers.reduce((sum, { size }) => sum + size, 0) / BYTES_PER_MB;
}
