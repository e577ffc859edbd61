/** Archives that other tools write: orlop makes of them what podman makes. */

import { assertEquals } from "@std/assert";
import {
  parseImageRecords,
  parseLayerRecords,
} from "../../../src/formats/storage/store_record.ts";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { needs } from "../../support/peers.ts";
import { ORLOP, orlopIn } from "../../support/programs/orlop_program.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

/** What is run to write `$1`, of the images in a store of podman and on disk. */
const WRITERS: Readonly<Record<string, string>> = {
  "podman save": 'podman save -q -o "$1" one:1',
  "podman save, by ID": 'podman save -q -o "$1" "$(podman images -q one:1)"',
  "podman save, several images and names":
    'podman save -q -m -o "$1" one:1 quay.io/a/b:2 two:1',
  "podman save, an archive of a layout":
    'podman save -q --format oci-archive -o "$1" one:1',
  "podman save, a directory":
    'podman save -q --format docker-dir -o "$1" one:1',
  "skopeo, a docker archive without a name":
    'skopeo copy -q oci:one:latest docker-archive:"$1"',
  "skopeo, an archive of a layout":
    'skopeo copy -q oci:one:latest oci-archive:"$1":v1',
  "skopeo, compressed by zstd":
    'skopeo copy -q oci:one:latest oci-archive:a:v1; zstd -q --rm a -o "$1"',
  "tar, with gzip'd layers": [
    "skopeo copy -q oci:one:latest docker-archive:a.tar:one:3",
    "mkdir unpacked; tar -xf a.tar -C unpacked; cd unpacked; chmod u+w *",
    'for f in *.tar; do gzip -n "$f"; mv "$f.gz" "$f"; done; tar -cf "$1" .',
  ].join("; "),
};

Deno.test({
  name: "orlop loads what podman loads, and makes the same of it",
  ...needs("root", "podman", "skopeo", "zstd", "/usr/bin/busybox"),
  fn: async (t) => {
    using dir = tempDir();
    await makeImages(dir);
    for (const [name, script] of Object.entries(WRITERS)) {
      await t.step(name, async () => {
        using own = tempDir();
        const path = own.join("out");
        await sh(dir, script, path);
        const orlop = orlopIn(own.path);
        const loaded = await orlop("load", "--quiet", "--input", path);
        const said = await sh(own, 'podman load -q -i "$1"', path);
        assertEquals(
          [loaded.code, loaded.out.split("\n").toSorted()],
          [0, said.split("\n").toSorted()],
          loaded.err,
        );
        const peer = own.join("p");
        assertEquals(await records(own.join("root")), await records(peer));
        await unmount(peer);
      });
    }
    await unmount(dir.join("p"));
  },
});

Deno.test({
  name: "what orlop saves, orlop and podman load; podman saves the same bytes",
  ...needs("root", "podman", "skopeo", "/usr/bin/busybox"),
  fn: async () => {
    using dir = tempDir();
    await makeImages(dir);
    using first = tempDir();
    const orlop = orlopIn(first.path);
    const all = ["localhost/one:1", "quay.io/a/b:2", "localhost/two:1"];
    await sh(
      dir,
      'podman save -q -m -o "$1" one:1 quay.io/a/b:2 two:1',
      first.join("p.tar"),
    );
    assertEquals(
      (await orlop("load", "-q", "-i", first.join("p.tar"))).code,
      0,
    );
    const path = first.join("o.tar");
    const saved = await orlop("save", "-q", "-m", "-o", path, ...all);
    assertEquals([saved.code, saved.err], [0, ""]);
    assertEquals(
      await Deno.readFile(path),
      await Deno.readFile(first.join("p.tar")),
    );
    using second = tempDir();
    const piped = await sh(
      first,
      `"$ORLOP" --root root --runroot runroot save -q -m ${all.join(" ")} |
        "$ORLOP" --root "$1/root" --runroot "$1/runroot" load -q`,
      second.path,
    );
    assertEquals(piped.split("\n").length, all.length);
    assertEquals(
      await records(second.join("root")),
      await records(first.join("root")),
    );
    await unmount(dir.join("p"));
  },
});

/** Two images that share a layer, in a store of podman and as layouts. */
async function makeImages(dir: TempDir): Promise<void> {
  await writeBusyboxLayout(dir.join("one"));
  await writeBusyboxLayout(dir.join("two"), { config: { Cmd: ["two"] } });
  await sh(
    dir,
    `podman load -q -i one; podman tag localhost/one:latest one:1 quay.io/a/b:2
    podman load -q -i two; podman tag localhost/two:latest two:1`,
    "",
  );
}

/**
 * Runs a script in a directory, with podman's store in it.
 *
 * @param argument What `$1` is.
 * @returns What it prints.
 */
async function sh(
  { path }: TempDir,
  script: string,
  argument: string,
): Promise<string> {
  const podman = 'podman() { command podman --root "$PWD0/p" ' +
    '--runroot "$PWD0/r" --storage-driver overlay "$@"; }';
  const { success, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-euc", `PWD0=$PWD; ${podman}\n${script}`, "sh", argument],
    cwd: path,
    env: { ORLOP, ORLOP_DENO: Deno.execPath() },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

/** What a store says of images and layers, all that does not depend on the time. */
async function records(root: string): Promise<unknown> {
  const images = await Deno.readTextFile(`${root}/overlay-images/images.json`);
  const layers = await Deno.readTextFile(`${root}/overlay-layers/layers.json`);
  return {
    images: parseImageRecords(images)
      .map(({ id, names = [], layer, digest }) => ({
        ...{ id, names: names.toSorted(), layer, digest },
      }))
      .toSorted((a, b) => a.id < b.id ? -1 : 1),
    layers: parseLayerRecords(layers)
      .map((layer) => [
        ...[layer.id, layer.parent, layer["diff-digest"], layer["diff-size"]],
        ...[layer["compressed-diff-digest"], layer["compressed-size"]],
      ])
      .toSorted(),
  };
}

/** podman keeps its driver's directory mounted on itself. */
async function unmount(root: string): Promise<void> {
  await new Deno.Command("umount", { args: [`${root}/overlay`] }).output();
}
