import { assert, assertEquals, assertRejects } from "@std/assert";
import { InvalidManifestError } from "../../../src/errors/image_errors.ts";
import { NotFoundError } from "../../../src/errors/not_found_errors.ts";
import { type Bytes, toText } from "../../../src/formats/bytes.ts";
import type { Digest } from "../../../src/formats/oci/digest.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { readDockerArchive } from "../../../src/transports/archives/docker_archive.ts";
import { openArchive } from "../../../src/transports/archives/open_archive.ts";
import {
  archive,
  file,
  fragment,
  hardlink,
  type Member,
  sparse10,
  symlink,
} from "../../support/images/tar_builder.ts";
import { tempDir } from "../../support/temp_dir.ts";

const LAYER = "a layer, as far as an archive is concerned";
const DIFF_ID = digestOf(LAYER);
const CONFIG = configOf(DIFF_ID);

Deno.test("a docker archive's manifest is that of containers/image", async () => {
  const { manifest: { bytes, mediaType } } = await read(good());
  assertEquals(
    mediaType,
    "application/vnd.docker.distribution.manifest.v2+json",
  );
  assertEquals(
    toText(bytes),
    '{"schemaVersion":2,' +
      '"mediaType":"application/vnd.docker.distribution.manifest.v2+json",' +
      '"config":{"mediaType":"application/vnd.docker.container.image.v1+json",' +
      `"size":${CONFIG.length},"digest":"${digestOf(CONFIG)}"},` +
      '"layers":[{"mediaType":' +
      '"application/vnd.docker.image.rootfs.diff.tar.gzip",' +
      `"size":${LAYER.length},"digest":"${DIFF_ID}"}]}`,
  );
});

/** Archives that honest programs write, and what others do that is harmless. */
const TAKEN: Readonly<Record<string, Bytes>> = {
  "a layer that is a symlink, as old Dockers wrote them": archive(
    list({ layers: ["b/layer.tar"] }),
    symlink("b/layer.tar", "../a/layer.tar"),
    file("a/layer.tar", LAYER),
    file("config.json", CONFIG),
  ),
  "a layer that is a hard link, as tar writes files with several names":
    archive(
      file("a/layer.tar", LAYER),
      hardlink("layer.tar", "a/layer.tar"),
      file("config.json", CONFIG),
      list(),
    ),
  "other ways to write a name": archive(
    file("./layer.tar", LAYER),
    file("x//../config.json", CONFIG),
    { ...list({ layers: ["x/.././layer.tar"] }), name: "./manifest.json" },
  ),
  "the first of several members of one name": archive(
    list(),
    file("config.json", CONFIG),
    file("layer.tar", LAYER),
    list({ layers: [] }),
    file("config.json", "{}"),
    file("layer.tar", "other"),
  ),
  "members that lead outside, which nobody asks for": archive(
    file("../../etc/passwd", "x"),
    file("/etc/passwd", "x"),
    symlink("evil", "/etc/shadow"),
    ...parts(),
  ),
  "an archive without an end": fragment(...parts()),
};

Deno.test("a docker archive is read", async (t) => {
  for (const [name, bytes] of Object.entries(TAKEN)) {
    await t.step(name, async () => {
      assertEquals((await read(bytes)).layer, LAYER);
    });
  }
});

/** What is refused: the archive, and a part of the message. */
const REFUSED: readonly (readonly [name: string, Bytes, says: string])[] = [
  ["no manifest.json", archive(file("x")), 'it has no "manifest.json"'],
  ["a list that is no array", withList("{}"), "expected an array"],
  ["a list that is no JSON", withList("[{"), "not valid JSON"],
  ["an item that is no object", withList("[1]"), "item 0: expected an object"],
  ["no config's name", withList("[{}]"), "Config: expected a string"],
  [
    "a config named twice",
    withList('[{"Config":"config.json","config":"other"}]'),
    '"config"',
  ],
  [
    "a huge list",
    withList(" ".repeat(4 * 1024 * 1024 + 1)),
    "larger than 4194304 bytes",
  ],
  ["no config", archive(list(), file("layer.tar")), 'no "config.json"'],
  [
    "a config without diff_ids",
    archive(list(), file("config.json", "{}")),
    '"config.json" has 0 diff_ids for 1 layers',
  ],
  [
    "fewer layers than diff_ids",
    archive(list({ layers: [] }), file("config.json", CONFIG)),
    "has 1 diff_ids for 0 layers",
  ],
  [
    "a layer that is missing",
    archive(list(), file("config.json", CONFIG)),
    'it lacks layer "layer.tar"',
  ],
  [
    "a layer outside",
    archive(
      list({ layers: ["../../etc/passwd"] }),
      file("config.json", CONFIG),
    ),
    'it lacks layer "../../etc/passwd"',
  ],
  [
    "a layer that is a link to the outside",
    withLayer(symlink("layer.tar", "/etc/passwd")),
    'is a link to "/etc/passwd", which it lacks',
  ],
  [
    "links in a circle",
    withLayer(symlink("layer.tar", "a"), symlink("a", "layer.tar")),
    "is a link in a circle",
  ],
  [
    "a hard link to itself",
    withLayer(hardlink("layer.tar", "layer.tar")),
    "is a link in a circle",
  ],
  [
    "a layer that is a FIFO",
    withLayer({ name: "layer.tar", type: "6" }),
    '"layer.tar" is no regular file',
  ],
  [
    "a layer with holes",
    archive(
      list(),
      file("config.json", CONFIG),
      ...sparse10("layer.tar", 5000, [[0, "x"]]),
    ),
    '"layer.tar" has holes',
  ],
  [
    "one layer as two",
    archive(
      list({ layers: ["layer.tar", "layer.tar"] }),
      file("config.json", configOf(DIFF_ID, digestOf("other"))),
      file("layer.tar", LAYER),
    ),
    'layer "layer.tar" is listed for two diff_ids',
  ],
  [
    "a member larger than the archive",
    fragment(...parts(), { name: "x", size: 2 ** 40 }),
    "the archive is cut short",
  ],
  [
    "a member of negative size",
    fragment(...parts(), { name: "x", size: "-1" }),
    "its size is no number",
  ],
  ["nothing", new Uint8Array(0), "it is empty"],
  [
    "no archive",
    new TextEncoder().encode("x".repeat(2000)),
    "header at byte 0",
  ],
];

const REFUSALS = [InvalidManifestError, NotFoundError];

Deno.test("a docker archive is refused", async (t) => {
  for (const [name, bytes, says] of REFUSED) {
    await t.step(name, async () => {
      const error = await assertRejects(() => read(bytes), Error, says);
      assert(REFUSALS.some((known) => error instanceof known), error.stack);
    });
  }
});

Deno.test("a docker archive that changes is not read on", async () => {
  using dir = tempDir();
  const path = dir.join("image.tar");
  await Deno.writeFile(path, good());
  const archive = await openArchive(path, { expand });
  await Deno.writeFile(path, good(), { append: true });
  await assertRejects(
    () => readDockerArchive(archive, { expand }),
    InvalidManifestError,
    "it was changed while it was read",
  );
});

async function read(bytes: Bytes) {
  using dir = tempDir();
  const path = dir.join("image.tar");
  await Deno.writeFile(path, bytes);
  const archive = await openArchive(path, { expand });
  const [image] = await readDockerArchive(archive, { expand });
  const source = await image?.open();
  if (source === undefined) throw new Error("no image");
  const blob = { mediaType: "", digest: DIFF_ID, size: LAYER.length };
  return {
    manifest: await source.fetchManifest(),
    layer: await new Response(await source.open(blob)).text(),
  };
}

function expand(): Promise<never> {
  return Promise.reject(new Error("nothing is compressed"));
}

function good(): Bytes {
  return archive(...parts());
}

function parts(): readonly Member[] {
  return [
    file("layer.tar", LAYER),
    file("config.json", CONFIG),
    list(),
  ];
}

/** A list of the one image. */
function list({ layers = ["layer.tar"] } = {}): Member {
  const item = { Config: "config.json", RepoTags: null, Layers: layers };
  return file("manifest.json", JSON.stringify([item]));
}

function withList(text: string): Bytes {
  return archive(file("manifest.json", text));
}

function withLayer(...members: readonly Member[]): Bytes {
  return archive(list(), file("config.json", CONFIG), ...members);
}

function configOf(...diffIds: readonly Digest[]): string {
  return JSON.stringify({
    ...{ architecture: "amd64", os: "linux" },
    rootfs: { type: "layers", "diff_ids": diffIds },
  });
}
