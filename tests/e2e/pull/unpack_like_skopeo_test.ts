import { assert, assertEquals } from "@std/assert";
import type { Bytes } from "../../../src/formats/bytes.ts";
import { applySpool } from "../../../src/unpack/apply_spool.ts";
import { unpackBlob } from "../../../src/unpack/unpack_blob.ts";
import {
  type LayoutLayer,
  writeLayout,
} from "../../support/images/layer_layout.ts";
import { describeTree } from "../../support/images/tree.ts";
import { needs } from "../../support/peers.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { HOSTILE_LAYERS } from "../../unpack/hostile/hostile_layers.ts";

const PEERS = ["root", "skopeo", "tar", "find", "getfattr", "umount"];
// Old versions of containers/storage stack no more.
const MAX_LAYERS = 128;

/** All layers that are unpacked, and the same by both. */
const LAYERS: readonly { readonly name: string; readonly layer: Bytes }[] =
  Object
    .values(HOSTILE_LAYERS).flat().flatMap((
      { name, layer, tree, unlikeSkopeo },
    ) =>
      layer instanceof Uint8Array && tree && !unlikeSkopeo
        ? [{ name, layer }]
        : []
    );

Deno.test({
  name: "unpackLayer() makes the trees of skopeo, and tar-split that it reads",
  ...needs(...PEERS),
  async fn(t) {
    using outer = tempDir();
    const now = Math.floor(Date.now() / 1000);
    assert(LAYERS.length < MAX_LAYERS);
    const layers = await unpackAll(outer.join("ours"));
    await writeLayout(outer.join("layout"), layers);
    const store = `[overlay@${outer.join("root")}+${outer.join("run")}]x:1`;
    await run("skopeo", [
      ...["copy", "-q", `oci:${outer.join("layout")}:latest`],
      `containers-storage:${store}`,
    ]);
    try {
      const ids = await readChain(outer.join("root"));
      assertEquals(ids.length, LAYERS.length);
      for (const [index, { name }] of LAYERS.entries()) {
        await t.step(name, async () => {
          const ours = outer.join("ours", String(index), "diff");
          const theirs = outer.join(
            "root",
            "overlay",
            ids[index] ?? "",
            "diff",
          );
          assertEquals(
            await describeTree(ours, { now }),
            await describeTree(theirs, { now }),
          );
        });
        await Deno.copyFile(
          outer.join("ours", String(index), "tar-split.gz"),
          outer.join("root", "overlay-layers", `${ids[index]}.tar-split.gz`),
        );
      }
      await t.step("export by our tar-split", async () => {
        await run("skopeo", [
          ...["copy", "-q", `containers-storage:${store}`],
          `dir:${outer.join("out")}`,
        ]);
      });
    } finally {
      await run("umount", [outer.join("root", "overlay")]);
    }
  },
});

async function unpackAll(directory: string): Promise<LayoutLayer[]> {
  const unpacked: LayoutLayer[] = [];
  for (const [index, { layer }] of LAYERS.entries()) {
    const staging = { directory: `${directory}/${index}` };
    await Deno.mkdir(staging.directory, { recursive: true, mode: 0o700 });
    const unpacker = unpackBlob(staging);
    unpacker.write(layer);
    const { diffId, hasSpool } = unpacker.finish();
    if (hasSpool) {
      await applySpool(staging.directory, (args) => run("tar", args));
    }
    unpacked.push({ blob: layer, diffId });
  }
  return unpacked;
}

/** The layers of a store that holds one image, the base first. */
async function readChain(root: string): Promise<string[]> {
  const text = await Deno.readTextFile(`${root}/overlay-layers/layers.json`);
  const records = JSON.parse(text) as { id: string; parent?: string }[];
  const chain: string[] = [];
  for (;;) {
    const next = records.find(({ parent }) => parent === chain.at(-1));
    if (next === undefined) return chain;
    chain.push(next.id);
  }
}

async function run(
  program: string,
  args: readonly string[],
): Promise<string> {
  const { code, stderr } = await new Deno.Command(program, {
    args: [...args],
    env: { "LC_ALL": "C" },
  }).output();
  const text = new TextDecoder().decode(stderr);
  if (code === 0) return text;
  throw new Error(`${program}: ${text}`);
}
