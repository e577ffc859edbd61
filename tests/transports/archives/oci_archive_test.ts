import { assertEquals, assertRejects } from "@std/assert";
import {
  BlobMismatchError,
  InvalidManifestError,
} from "../../../src/errors/image_errors.ts";
import { NotFoundError } from "../../../src/errors/not_found_errors.ts";
import type { Bytes } from "../../../src/formats/bytes.ts";
import { hexOf } from "../../../src/formats/oci/digest.ts";
import { readOciArchive } from "../../../src/transports/archives/oci_archive.ts";
import { openArchive } from "../../../src/transports/archives/open_archive.ts";
import { layoutMembers } from "../../support/images/layout_archive.ts";
import {
  archive,
  file,
  type Member,
  symlink,
} from "../../support/images/tar_builder.ts";
import { writeTestLayout } from "../../support/images/test_layout.ts";
import { tempDir } from "../../support/temp_dir.ts";

const layout = tempDir();
const { manifest } = await writeTestLayout(layout.path, { ref: "v1" });
const MEMBERS = await layoutMembers(layout.path);
layout[Symbol.dispose]();
const MANIFEST = `blobs/sha256/${hexOf(manifest.digest)}`;

Deno.test("of two members of one name the last is a layout's", async () => {
  const first = [file("index.json", "{}"), file("oci-layout", "{}")];
  const read = await readFirst(archive(...first, ...MEMBERS));
  assertEquals(read.names, ["v1"]);
  assertEquals(read.digest, manifest.digest);
  assertEquals(read.reach.length, 1);
});

/** Archives that are no layouts, or damaged ones. */
const REFUSED: readonly (readonly [
  name: string,
  Bytes,
  kind: new (message: string) => Error,
  says: string,
])[] = [
  ["no index", without("index.json"), NotFoundError, "no index.json"],
  ["no version", without("oci-layout"), NotFoundError, "no oci-layout"],
  [
    "another version",
    replaced("oci-layout", '{"imageLayoutVersion":"2.0.0"}'),
    InvalidManifestError,
    'version "2.0.0"',
  ],
  [
    "a huge index",
    replaced("index.json", " ".repeat(4 * 1024 * 1024 + 1)),
    InvalidManifestError,
    "larger than 4194304 bytes",
  ],
  [
    "an index that is a FIFO",
    archive({ name: "index.json", type: "6" }, ...others("index.json")),
    InvalidManifestError,
    "no regular file",
  ],
  ["no manifest", without(MANIFEST), NotFoundError, "lacks it"],
  [
    "another manifest",
    replaced(MANIFEST, "{}"),
    BlobMismatchError,
    "Cannot read manifest",
  ],
  [
    "a manifest outside",
    archive(symlink(MANIFEST, "/etc/passwd"), ...others(MANIFEST)),
    InvalidManifestError,
    'a link to "/etc/passwd", which it lacks',
  ],
];

Deno.test("an archive of a layout is refused", async (t) => {
  for (const [name, bytes, kind, says] of REFUSED) {
    await t.step(name, async () => {
      await assertRejects(() => readFirst(bytes), kind, says);
    });
  }
});

async function readFirst(bytes: Bytes) {
  using dir = tempDir();
  const path = dir.join("image.tar");
  await Deno.writeFile(path, bytes);
  const expand = () => Promise.reject(new Error("nothing is compressed"));
  const [image] = await readOciArchive(await openArchive(path, { expand }));
  const source = await image?.open();
  const { digest } = await source?.fetchManifest() ?? {};
  return { names: image?.names, digest, reach: source?.files?.reach ?? [] };
}

function others(name: string): readonly Member[] {
  return MEMBERS.filter((member) => member.name !== name);
}

function without(name: string): Bytes {
  return archive(...others(name));
}

function replaced(name: string, content: string): Bytes {
  return archive(file(name, content), ...others(name));
}
