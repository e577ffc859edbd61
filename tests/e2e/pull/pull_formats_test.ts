/** Images as other tools push them, pulled by orlop, used by podman. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import { PEERS, sharedStore } from "../../support/programs/shared_store.ts";
import {
  REGISTRY_PROGRAMS,
  type RegistryServer,
  run,
  startRegistry,
} from "../../support/servers/registry_server.ts";

/** What skopeo makes of an image on its way, and what its layers then are. */
const FORMATS: Readonly<Record<string, readonly [string[], string]>> = {
  "zstd": [
    ["--format=oci", "--dest-compress-format=zstd"],
    "application/vnd.oci.image.layer.v1.tar+zstd",
  ],
  "gzip": [
    ["--format=oci", "--dest-compress-format=gzip"],
    "application/vnd.oci.image.layer.v1.tar+gzip",
  ],
  "docker": [
    ["--format=v2s2"],
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
  ],
};

// What overlayfs takes in one mount, less the container's own.
const MANY_LAYERS = 127;

const NEEDED = needs(...PEERS, "tar", ...REGISTRY_PROGRAMS);

Deno.test("orlop pulls what skopeo pushes, and podman runs it", {
  ...NEEDED,
}, async (t) => {
  await using source = sharedStore();
  await writeBusyboxLayout(source.join("tiny"));
  const ids = new Set<string>();
  for (const [name, [flags, mediaType]] of Object.entries(FORMATS)) {
    await t.step(name, async () => {
      // One for each: skopeo uses again what a registry has.
      await using registry = await startRegistry();
      const image = `${registry.host}/${name}:1`;
      await copy(flags, `oci:${source.join("tiny")}:latest`, image);
      assertStringIncludes(await fetchManifest(registry, name), mediaType);
      await using store = sharedStore();
      const id = await store.orlop("pull", image);
      assertEquals(store.check(), []);
      const said = await store.podmanRun("--rm", image, "echo", "hello");
      assertEquals(said, "hello");
      if (name !== "docker") ids.add(id);
    });
  }
  assertEquals(ids.size, 1); // a config is the same however layers are packed
});

Deno.test("orlop pulls what buildah commits with zstd", {
  ...NEEDED,
}, async () => {
  await using registry = await startRegistry();
  await using source = sharedStore();
  await writeBusyboxLayout(source.join("tiny"));
  await source.copy(`oci:${source.join("tiny")}:latest`, "localhost/tiny:1");
  const container = await source.buildah("from", "localhost/tiny:1");
  await source.buildah("config", "--env", "WHO=buildah", container);
  await source.buildah("commit", "--quiet", container, "localhost/more:1");
  const image = `${registry.host}/more:1`;
  await source.buildah(
    ...["push", "--quiet", "--tls-verify=false", "--format=oci"],
    ...["--compression-format=zstd", "localhost/more:1", `docker://${image}`],
  );
  assertStringIncludes(await fetchManifest(registry, "more"), "tar+zstd");
  await using store = sharedStore();
  await store.orlop("pull", image);
  assertEquals(store.check(), []);
  const said = await store.podmanRun(
    ...["--rm", image, "sh", "-c", "echo $WHO"],
  );
  assertEquals(said, "buildah");
});

Deno.test("orlop pulls as many layers as podman can mount", {
  ...NEEDED,
}, async () => {
  await using store = sharedStore();
  const layers = await Promise.all(
    Array.from(
      { length: MANY_LAYERS },
      (_, n) => layerOf({ "top.txt": `${n}`, [`layer${n}.txt`]: `${n}` }),
    ),
  );
  const layout = store.join("many");
  await writeLayout(layout, layers);
  await using registry = await startRegistry();
  await registry.pushLayout(`${layout}:latest`, "many:1");
  const image = `${registry.host}/many:1`;
  await store.orlop("pull", image);
  assertEquals(store.check(), []);
  const root = await store.podman("image", "mount", image);
  const names = await Array.fromAsync(Deno.readDir(root));
  assertEquals(
    names.filter(({ name }) => name.startsWith("layer")).length,
    MANY_LAYERS,
  );
  const top = await Deno.readTextFile(`${root}/top.txt`);
  assertEquals(top, `${MANY_LAYERS - 1}`);
  await store.podman("image", "unmount", image);
});

async function copy(
  flags: readonly string[],
  from: string,
  image: string,
): Promise<void> {
  await run(
    "skopeo",
    ...["--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false"],
    ...flags,
    from,
    `docker://${image}`,
  );
}

async function fetchManifest(
  { host }: RegistryServer,
  name: string,
): Promise<string> {
  return await run(
    "skopeo",
    ...["inspect", "--raw", "--tls-verify=false", `docker://${host}/${name}:1`],
  );
}
