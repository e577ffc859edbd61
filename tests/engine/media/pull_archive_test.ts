/** Archives that are pulled: their names, what is compressed, what stays behind. */

import { assertEquals, assertRejects } from "@std/assert";
import { readdirSync } from "node:fs";
import { gzipSync, zstdCompressSync } from "node:zlib";
import {
  openArchives,
  STDIN,
} from "../../../src/engine/media/open_archives.ts";
import { pullImage } from "../../../src/engine/transfer/pull_image.ts";
import {
  BlobMismatchError,
  InvalidManifestError,
} from "../../../src/errors/image_errors.ts";
import { NotFoundError } from "../../../src/errors/not_found_errors.ts";
import { type Bytes, concatBytes } from "../../../src/formats/bytes.ts";
import { hexOf } from "../../../src/formats/oci/digest.ts";
import { checkStore } from "../../support/check_store.ts";
import {
  dockerArchive,
  dockerParts,
} from "../../support/images/docker_archive.ts";
import { layoutArchive } from "../../support/images/layout_archive.ts";
import { writeTestLayout } from "../../support/images/test_layout.ts";
import { storeAgent } from "../../support/store_agent.ts";
import { tempDir } from "../../support/temp_dir.ts";

const PLATFORM = { os: "linux", architecture: "amd64" };

const images = tempDir();
Deno.test.afterAll(() => images[Symbol.dispose]());
const ONE = await writeTestLayout(images.join("one"), { ref: "v1" });
const TWO = await writeTestLayout(images.join("two"), { layerSize: 300_000 });
const NAMES = ["busy:1", "docker.io/library/busy:2"];
const PARTS = [dockerParts(ONE, { names: NAMES }), dockerParts(TWO)] as const;
const DOCKER = dockerArchive(PARTS[0]);
const BOTH = dockerArchive(...PARTS);
const PACKED = dockerArchive(dockerParts(TWO, { packed: true }));
const LAYOUT = await layoutArchive(ONE.layout);

/** What is typed for an archive, and how its image is called then. */
const NAMED: readonly (readonly [typed: string, Bytes, name: string])[] = [
  ["docker-archive:My.App.tar", DOCKER, "localhost/my-app:1"],
  ["docker-archive:a.tar:busy:1", DOCKER, "localhost/busy:1"],
  ["docker-archive:a.tar:busy:2", DOCKER, "docker.io/library/busy:2"],
  ["docker-archive:a.tar:@1", BOTH, "localhost/a:1"],
  ["docker-archive:a.tar.gz", gzip(DOCKER), "localhost/a:1"],
  ["docker-archive:a.tzst", zstd(DOCKER), "localhost/a:1"],
  ["docker-archive:packed", PACKED, "localhost/packed:1"],
  ["oci-archive:a.tar", LAYOUT, "localhost/a:v1"],
  ["oci-archive:a.tar:v1", LAYOUT, "localhost/a:v1"],
  ["oci-archive:a.tgz:@0", gzip(LAYOUT), "localhost/a:v1"],
];

Deno.test("pullImage() reads archives, and names their images", async (t) => {
  for (const [typed, bytes, name] of NAMED) {
    await t.step(typed, () =>
      inStore(typed, bytes, async (pull) => {
        const { imageId, names } = await pull();
        const { config } = /packed|@1/.test(typed) ? TWO : ONE;
        assertEquals([imageId, names], [hexOf(config.digest), [name]]);
      }));
  }
});

const WRONG = { ...PARTS[0], members: PARTS[1].members };
// A byte more, behind the layer's end: only its digest tells.
const SPOILT = dockerArchive({
  ...PARTS[0],
  members: PARTS[0].members.map((member, index) =>
    index === 0 ? { ...member, content: `${member.content}x` } : member
  ),
});

/** What cannot be pulled, and why. */
const REFUSED: readonly (readonly [
  typed: string,
  bytes: Bytes,
  kind: new (message: string) => Error,
  says: string,
])[] = [
  [
    "docker-archive:a.tar",
    BOTH,
    NotFoundError,
    "name one of its images: busy:1",
  ],
  ["docker-archive:a.tar:busy:3", DOCKER, NotFoundError, "it has busy:1, "],
  ["docker-archive:a.tar:@1", DOCKER, NotFoundError, "no such image"],
  ["oci-archive:a.tar:v2", LAYOUT, NotFoundError, "it has v1"],
  ["oci-archive:a.tar", DOCKER, NotFoundError, "it has no oci-layout"],
  ["docker-archive:a.tar", LAYOUT, NotFoundError, 'no "manifest.json"'],
  ["docker-archive:a.tar", dockerArchive(WRONG), NotFoundError, "it has no"],
  ["docker-archive:a.tar", SPOILT, BlobMismatchError, "digest is sha256:"],
  [
    "docker-archive:a.tar",
    gzip(DOCKER).subarray(0, 2000),
    InvalidManifestError,
    "unexpected end of file",
  ],
  [
    "docker-archive:a.tar",
    concatBytes([gzip(DOCKER), gzip(DOCKER).subarray(0, 3000)]),
    InvalidManifestError,
    "Cannot read archive",
  ],
];

Deno.test("pullImage() refuses archives, and leaves nothing", async (t) => {
  for (const [typed, bytes, kind, says] of REFUSED) {
    await t.step(
      `${typed}: ${says}`,
      () =>
        inStore(typed, bytes, async (pull) => {
          await assertRejects(pull, kind, says);
        }),
    );
  }
});

Deno.test("openArchives() needs no store, and makes none", async () => {
  using store = storeAgent({ ifMissing: "leave" });
  const input = new Blob([gzip(DOCKER)]).stream();
  {
    await using opened = await openArchives(store.agent, STDIN, { input });
    assertEquals(opened.images.map(({ names }) => names), [NAMES]);
    assertEquals(opened.name, "standard input");
  }
  assertEquals(readdirSync(store.dir.path), []);
});

/** Pulls from an archive of that name into a store, which is looked at then. */
async function inStore(
  typed: string,
  bytes: Bytes,
  body: (pull: () => ReturnType<typeof pullImage>) => Promise<void>,
): Promise<void> {
  using store = storeAgent();
  const { agent, dir } = store;
  const [, transport, file = "", rest] = /^(.*?):([^:]*)(.*)$/.exec(typed) ??
    [];
  await Deno.mkdir(dir.join("in"));
  const path = dir.join(`in/${file}`);
  await Deno.writeFile(path, bytes);
  const name = `${transport}:${path}${rest}`;
  await body(() => pullImage(agent, name, { platform: PLATFORM }));
  const locations = { root: dir.join("root"), runRoot: dir.join("run") };
  assertEquals(checkStore(locations), []);
  assertEquals(readdirSync(dir.join("in")), [file]);
  const overlay = readdirSync(dir.join("root/overlay"));
  assertEquals(overlay.filter((found) => found.startsWith("temp")), []);
}

function gzip(bytes: Bytes): Bytes {
  return new Uint8Array(gzipSync(bytes));
}

function zstd(bytes: Bytes): Bytes {
  return new Uint8Array(zstdCompressSync(bytes));
}
