/** Copies that must give what `skopeo copy` gives, byte for byte. */

import { assert, assertEquals } from "@std/assert";
import { gzipSync, zstdCompressSync } from "node:zlib";
import {
  type CopyOptions,
  copyReference,
} from "../../../src/engine/copy/copy_reference.ts";
import { type Bytes, toBytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { archive, dir, file } from "../../support/images/tar_builder.ts";
import { needs } from "../../support/peers.ts";
import { run } from "../../support/servers/registry_server.ts";
import { storeAgent } from "../../support/store_agent.ts";

const ONE = archive(dir("etc/"), file("etc/one", "1".repeat(5000)));
const TWO = archive(file("two", "a second layer"));
const gzip = (bytes: Bytes) => new Uint8Array(gzipSync(bytes));
const layer = (tar: Bytes, blob = gzip(tar)) => ({
  blob,
  diffId: digestOf(tar),
});

const IMAGES = {
  "two layers": [layer(ONE), layer(TWO)],
  "no layers": [],
  "a layer twice": [layer(ONE), layer(TWO), layer(ONE)],
  "an empty layer": [layer(new Uint8Array(0)), layer(archive())],
  "a plain layer": [layer(ONE, ONE)],
  "a zstd layer": [layer(ONE, new Uint8Array(zstdCompressSync(ONE)))],
} as const;

/** What Docker's configs have, and OCI's do not. */
const ABOUT = {
  "docker_version": "24.0",
  container: "abc",
  created: "2024-05-06T07:08:09.120000000Z",
  history: [
    { created: "2024-05-06T07:08:09Z", "created_by": "a <b> & c" },
    { created: "2024-05-06T07:08:09Z", "empty_layer": true, comment: "" },
  ],
};
const RUN = {
  Env: ["PATH=/bin", "A=<b>&c"],
  Labels: { b: "2", a: "é" },
  ExposedPorts: { "80/tcp": {}, "443/tcp": {} },
  Healthcheck: { Test: ["CMD", "true"] },
  Entrypoint: ["/bin/x"],
};

/** Which images a copy is tried on, and how skopeo and orlop make it. */
interface Way {
  readonly flags: readonly string[];
  readonly options: CopyOptions;
  readonly without?: readonly (keyof typeof IMAGES)[];
}

const WAYS: Readonly<Record<string, Way>> = {
  "as it is": { flags: [], options: {} },
  "as Docker's": {
    flags: ["--format", "v2s2"],
    options: { format: "v2s2" },
    without: ["a zstd layer"], // skopeo refuses it, orlop packs it anew
  },
  "as OCI's": { flags: ["--format", "oci"], options: { format: "oci" } },
  "decompressed": {
    flags: ["--dest-decompress"],
    options: { layers: "uncompressed" },
  },
};

Deno.test({
  name: "a copy to a folder is what skopeo makes",
  ...needs("skopeo"),
  async fn(t) {
    using made = storeAgent();
    const place = (name: string) => made.dir.join(name.replaceAll(" ", "-"));
    for (const [name, layers] of Object.entries(IMAGES)) {
      const layout = place(name);
      await writeLayout(layout, [...layers], RUN, ABOUT);
      for (const [how, { flags, options, without }] of Object.entries(WAYS)) {
        if (without?.some((other) => other === name)) continue;
        await t.step(`${name}, ${how}`, async () => {
          const tag = how.replaceAll(" ", "-");
          const [own, theirs] = [`${layout}-o-${tag}`, `${layout}-s-${tag}`];
          const from = `oci:${layout}`;
          await run("skopeo", "copy", ...flags, from, `dir:${theirs}`);
          const to = `dir:${own}`;
          await copyReference(made.agent, { from, to }, options);
          assertEquals(await digestsIn(own), await digestsIn(theirs));
        });
      }
    }
  },
});

Deno.test({
  name: "an image of Docker's becomes one of OCI's as skopeo makes it",
  ...needs("skopeo"),
  async fn(t) {
    using made = storeAgent();
    const layout = made.dir.join("layout");
    await writeLayout(layout, [layer(ONE), layer(TWO)], RUN, ABOUT);
    const docker = made.dir.join("docker");
    await run(
      ...["skopeo", "copy", "--format", "v2s2"] as const,
      ...[`oci:${layout}`, `dir:${docker}`],
    );
    for (const to of ["oci", "dir"]) {
      await t.step(to, async () => {
        const places = ["own", "theirs"].map((name) =>
          made.dir.join(`${to}-${name}`)
        );
        const [own = "", theirs = ""] = places.map((path) => `${to}:${path}`);
        const from = `dir:${docker}`;
        const options = { format: "oci" } as const;
        const { digest } = await copyReference(
          made.agent,
          { from, to: own },
          options,
        );
        await run("skopeo", "copy", "--format", "oci", from, theirs);
        const raw = await run("skopeo", "inspect", "--raw", theirs);
        assertEquals(digest, digestOf(toBytes(raw)));
      });
    }
  },
});

Deno.test({
  name: "an image goes through a store and comes out with its digest",
  ...needs("root", "tar", "skopeo"),
  async fn(t) {
    using made = storeAgent();
    const { root, runRoot } = made.agent.store.paths;
    const stored = `containers-storage:[overlay@${root}+${runRoot}:` +
      "overlay.skip_mount_home=true]";
    for (const [name, layers] of Object.entries(IMAGES)) {
      await t.step(name, async () => {
        const tag = name.replaceAll(" ", "-");
        const layout = made.dir.join(tag);
        await writeLayout(layout, [...layers], RUN, ABOUT);
        const copy = (from: string, to: string, options: CopyOptions = {}) =>
          copyReference(made.agent, { from, to }, options);
        const own = `containers-storage:localhost/${tag}:1`;
        const { digest } = await copy(`oci:${layout}`, own);
        // Where the layers still are, the manifest stays as it is.
        const back = await copy(own, `oci:${layout}:back`, {
          preserveDigests: true,
        });
        assertEquals(back.digest, digest);
        // Elsewhere, skopeo reads the same files out of the same store.
        const [mine, theirs] = [
          made.dir.join(`${tag}-m`),
          made.dir.join(`${tag}-t`),
        ];
        await copy(own, `dir:${mine}`);
        await run(
          ...["skopeo", "copy", `${stored}localhost/${tag}:1`] as const,
          `dir:${theirs}`,
        );
        assertEquals(await blobsIn(mine), await blobsIn(theirs));
        // And skopeo unpacks what orlop compresses.
        const packed = made.dir.join(`${tag}-p`);
        await copy(own, `oci:${packed}:1`);
        const again = made.dir.join(`${tag}-a`);
        await run(
          ...["skopeo", "copy", "--dest-decompress"] as const,
          ...[`oci:${packed}:1`, `dir:${again}`],
        );
        assertEquals(await blobsIn(again), await blobsIn(mine));
      });
    }
  },
});

/** Writes a layout with an index of two images, the second one's layer plain. */
async function writeIndexLayout(layout: string): Promise<{ digest: string }> {
  const manifests: unknown[] = [];
  for (const architecture of ["amd64", "arm64"]) {
    const blob = architecture === "amd64" ? gzip(ONE) : TWO;
    const diffId = digestOf(architecture === "amd64" ? ONE : TWO);
    await writeLayout(layout, [{ blob, diffId }], RUN, ABOUT);
    const index = `${layout}/index.json`;
    const written = JSON.parse(await Deno.readTextFile(index));
    const [{ annotations: _, ...entry }] = written.manifests;
    manifests.push({ ...entry, platform: { os: "linux", architecture } });
  }
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const bytes = toBytes(
    JSON.stringify({ schemaVersion: 2, mediaType, manifests }, undefined, 1),
  );
  const digest = digestOf(bytes);
  await Deno.writeFile(`${layout}/blobs/sha256/${digest.slice(7)}`, bytes);
  const annotations = { "org.opencontainers.image.ref.name": "1" };
  const entry = { mediaType, digest, size: bytes.length, annotations };
  const top = { schemaVersion: 2, manifests: [entry] };
  await Deno.writeTextFile(`${layout}/index.json`, JSON.stringify(top));
  return { digest };
}

async function digestsIn(folder: string): Promise<Record<string, string>> {
  const found: [string, string][] = [];
  for await (const { name } of Deno.readDir(folder)) {
    found.push([name, digestOf(await Deno.readFile(`${folder}/${name}`))]);
  }
  assert(found.length > 0);
  return Object.fromEntries(found.toSorted());
}

/** Without the manifest, in which old releases of skopeo mistake types. */
async function blobsIn(folder: string): Promise<readonly string[]> {
  const digests = await digestsIn(folder);
  return Object.keys(digests).filter((name) => name !== "manifest.json");
}

Deno.test({
  name: "all images of an index are copied, and the index is what it must be",
  ...needs("skopeo"),
  async fn(t) {
    using made = storeAgent();
    const layout = made.dir.join("layout");
    const { digest } = await writeIndexLayout(layout);
    const copy = (to: string, options: CopyOptions) =>
      copyReference(made.agent, { from: `oci:${layout}:1`, to }, options);
    const multiArch = "all";
    await t.step("unchanged, it keeps its digest", async () => {
      const to = `oci:${made.dir.join("same")}:1`;
      const copied = await copy(to, { multiArch, preserveDigests: true });
      assertEquals(copied.digest, digest);
      const raw = await run("skopeo", "inspect", "--raw", to);
      assertEquals(digestOf(toBytes(raw)), digest);
    });
    await t.step("as Docker's, it is what skopeo makes", async () => {
      const [own, theirs] = [made.dir.join("own"), made.dir.join("theirs")];
      await copy(`dir:${own}`, { multiArch, format: "v2s2" });
      await run(
        ...["skopeo", "copy", "--all", "--format", "v2s2"] as const,
        ...[`oci:${layout}:1`, `dir:${theirs}`],
      );
      assertEquals(await digestsIn(own), await digestsIn(theirs));
    });
    await t.step("one of them goes alone", async () => {
      const folder = made.dir.join("one");
      const platform = { os: "linux", architecture: "arm64" };
      await copy(`dir:${folder}`, { platform });
      const files = Object.keys(await digestsIn(folder));
      assertEquals(files.length, 4); // a layer, its config, two about them
    });
  },
});
