/** Names that images of a layout on disk get. */

import { assertEquals } from "@std/assert";
import { pullImage } from "../../../src/engine/transfer/pull_image.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { storeAgent } from "../../support/store_agent.ts";

const LAYER = await layerOf({ "a.txt": "a" });
const DEBIAN = "docker.io/library/debian:bookworm";
const REF_NAME = "org.opencontainers.image.ref.name";
const CONTAINERD_NAME = "io.containerd.image.name";

/** What stands in a layout, and what its user types behind `oci:DIR`. */
interface Case {
  readonly annotations: Readonly<Record<string, string>>;
  readonly typed?: string;
  readonly directory?: string;
  readonly name: string;
}

const CASES: Readonly<Record<string, Case>> = {
  "a full name, not typed": {
    annotations: { [REF_NAME]: DEBIAN },
    name: "localhost/evil:latest",
  },
  "a full name, its position typed": {
    annotations: { [REF_NAME]: DEBIAN },
    typed: ":@0",
    name: "localhost/evil:latest",
  },
  "a full name with a digest, not typed": {
    annotations: { [REF_NAME]: `debian@sha256:${"0".repeat(64)}` },
    name: "localhost/evil:latest",
  },
  "a full name, typed": {
    annotations: { [REF_NAME]: DEBIAN },
    typed: `:${DEBIAN}`,
    name: DEBIAN,
  },
  "a name of docker.io, not typed": {
    annotations: { [REF_NAME]: "library/debian" },
    name: "localhost/evil:latest",
  },
  "a name with a tag, typed": {
    annotations: { [REF_NAME]: "debian:bookworm" },
    typed: ":debian:bookworm",
    name: "localhost/evil:bookworm",
  },
  "containerd's name": {
    annotations: { [CONTAINERD_NAME]: DEBIAN },
    name: "localhost/evil:latest",
  },
  "both names": {
    annotations: { [CONTAINERD_NAME]: DEBIAN, [REF_NAME]: "bookworm" },
    name: "localhost/evil:bookworm",
  },
  "what is no name at all": {
    annotations: { [REF_NAME]: "../../etc" },
    name: "localhost/evil:latest",
  },
  "no name": { annotations: {}, name: "localhost/evil:latest" },
  "a directory that could be a registry": {
    annotations: {},
    directory: "docker.io",
    name: "localhost/docker-io:latest",
  },
  "a directory without letters": {
    annotations: {},
    directory: "__",
    name: "localhost/layout:latest",
  },
};

Deno.test("pullImage() takes names from inside a layout only if they are typed", async (t) => {
  for (
    const [title, { annotations, typed = "", ...made }] of Object.entries(CASES)
  ) {
    await t.step(title, async () => {
      using test = storeAgent();
      const layout = test.dir.join(made.directory ?? "evil");
      await writeNamed(layout, annotations);
      const { names } = await pullImage(test.agent, `oci:${layout}${typed}`);
      assertEquals(names.map(String), [made.name]);
    });
  }
});

Deno.test("pullImage() reports which name it takes from another image", async () => {
  using test = storeAgent();
  const layout = test.dir.join("app");
  await writeNamed(layout, {});
  const first = await pullImage(test.agent, `oci:${layout}`);
  await Deno.remove(layout, { recursive: true });
  await writeLayout(layout, [await layerOf({ "b.txt": "b" })]);
  await pullImage(test.agent, `oci:${layout}`);
  const said = test.messages.filter((message) => message.includes("moves"));
  assertEquals(said, [
    `info: name "localhost/app:latest" moves here from image "${first.imageId}"`,
  ]);
});

async function writeNamed(
  layout: string,
  annotations: Readonly<Record<string, string>>,
): Promise<void> {
  await writeLayout(layout, [LAYER]);
  const path = `${layout}/index.json`;
  const index = JSON.parse(await Deno.readTextFile(path));
  const manifests = [{ ...index.manifests[0], annotations }];
  await Deno.writeTextFile(path, JSON.stringify({ ...index, manifests }));
}
