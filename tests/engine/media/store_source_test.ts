import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { openStoreSource } from "../../../src/engine/media/store_source.ts";
import { pullImage } from "../../../src/engine/transfer/pull_image.ts";
import { type Bytes, concatBytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import {
  archive,
  dir as directory,
  file,
  fragment,
  gnuLong,
  hardlink,
  pax,
  symlink,
} from "../../support/images/tar_builder.ts";
import { needs } from "../../support/peers.ts";
import { run } from "../../support/servers/registry_server.ts";
import { type StoreAgent, storeAgent } from "../../support/store_agent.ts";

const LONG = "long/".repeat(40) + "name";
const ODD: Readonly<Record<string, Bytes>> = {
  "no bytes at all": new Uint8Array(0),
  "no members": archive(),
  "files of all lengths": archive(
    ...[1, 511, 512, 513, 70_000].map((length) =>
      file(`f${length}`, "x".repeat(length))
    ),
  ),
  "names of several forms": archive(
    directory("./d/"),
    file("./d/a"),
    file("/b", "from the root"),
    file("d//c", "two slashes"),
    symlink("link", "d/a"),
    hardlink("hard", "b"),
  ),
  "a parent that is a symlink": archive(
    directory("real/"),
    symlink("link", "real"),
    file("link/below", "through a link"),
  ),
  "extended headers": archive(
    pax({ "SCHILY.xattr.user.a": "b", mtime: "1600000000.5" }),
    file("x", "with attributes"),
    gnuLong("L", LONG),
    file("cut short", "with a long name"),
  ),
  "whiteouts": archive(
    directory("d/"),
    file("d/.wh..wh..opq", ""),
    file("d/.wh.gone", ""),
  ),
  "names that are no UTF-8": archive(
    directory("d\xff/"),
    file("d\xff/a", "below"),
    file("\xe9", "x".repeat(70_000)),
    file("./-\xfe", "with a dash"),
    hardlink("\xe8", "\xe9"),
    file("\xe7", ""),
  ),
  "a file that is replaced": archive(
    file("twice", "first"),
    file("twice", "second, which stays"),
  ),
  "no end": fragment(file("a", "not padded")).subarray(0, 512 + 10),
  "much behind its end": concatBytes([
    archive(file("a")),
    new Uint8Array(9000),
  ]),
};

async function store(
  ...tars: readonly Bytes[]
): Promise<StoreAgent & { readonly imageId: string }> {
  const made = storeAgent();
  const layers = tars.map((tar) => ({ blob: tar, diffId: digestOf(tar) }));
  await writeLayout(made.dir.join("layout"), layers);
  const name = `oci:${made.dir.join("layout")}`;
  const platform = { os: "linux", architecture: "amd64" };
  const { imageId } = await pullImage(made.agent, name, { platform });
  return { ...made, imageId };
}

async function readLayers(
  { agent, imageId }: { readonly imageId: string } & StoreAgent,
  offset = 0,
): Promise<Bytes[]> {
  using stored = await openStoreSource(agent, imageId);
  const { plainLayers = [] } = stored.source;
  const read: Bytes[] = [];
  for (const layer of plainLayers) {
    const stream = await stored.source.open(layer, { offset });
    read.push(new Uint8Array(await new Response(stream).arrayBuffer()));
  }
  return read;
}

Deno.test({
  name: "a store gives back the archives of its layers, byte for byte",
  ...needs("root", "tar"),
  async fn(t) {
    for (const [name, tar] of Object.entries(ODD)) {
      await t.step(name, async () => {
        using made = await store(tar);
        const [back = new Uint8Array(1)] = await readLayers(made);
        assertEquals(digestOf(back), digestOf(tar));
        for (const offset of [1, 512, 600, tar.length]) {
          const [rest] = await readLayers(made, offset);
          assertEquals(rest, tar.slice(offset));
        }
      });
    }
  },
});

Deno.test({
  name: "a store gives the layers of an image in their order, also twice",
  ...needs("root", "tar"),
  async fn() {
    const [one, two] = [archive(file("a", "1")), archive(file("a", "2"))];
    using made = await store(one, two, one);
    assertEquals(await readLayers(made), [one, two, one]);
    using none = await store();
    assertEquals(await readLayers(none), []);
  },
});

type Damage = (files: string, made: StoreAgent) => Promise<unknown>;

const DAMAGES: Readonly<Record<string, readonly [Damage, string]>> = {
  "a file that is longer": [
    (files) => Deno.writeTextFile(`${files}/d/a`, "much longer than it was"),
    "it has 23 bytes, not 7",
  ],
  "a file with other content": [
    (files) => Deno.writeTextFile(`${files}/d/a`, "CONTENT"),
    'd/a" was changed',
  ],
  "a file that is gone": [
    (files) => Deno.remove(`${files}/d/a`),
    "it is missing",
  ],
  "a symlink in place of a file": [
    async (files, { dir }) => {
      await Deno.writeTextFile(dir.join("secret"), "secret!");
      await Deno.remove(`${files}/d/a`);
      await Deno.symlink(dir.join("secret"), `${files}/d/a`);
    },
    "it is no regular file",
  ],
  "a symlink in place of its directory": [
    async (files, { dir }) => {
      await Deno.mkdir(dir.join("other"));
      await Deno.writeTextFile(dir.join("other/a"), "secret!");
      await Deno.rename(`${files}/d`, `${files}/e`);
      await Deno.symlink(dir.join("other"), `${files}/d`);
    },
    "its path points elsewhere",
  ],
  "a FIFO in place of a file": [
    async (files) => {
      await Deno.remove(`${files}/d/a`);
      await run("mkfifo", `${files}/d/a`);
    },
    "it is no regular file",
  ],
  "a directory in place of a file": [
    async (files) => {
      await Deno.remove(`${files}/d/a`);
      await Deno.mkdir(`${files}/d/a`);
    },
    "it is no regular file",
  ],
};

Deno.test({
  name: "a store reads no file but those that its layers came with",
  ...needs("root", "tar"),
  async fn(t) {
    const tar = archive(directory("d/"), file("d/a", "content"));
    for (const [name, [damage, why]] of Object.entries(DAMAGES)) {
      await t.step(name, async () => {
        using made = await store(tar);
        const { root } = made.agent.store.paths;
        const id = digestOf(tar).slice(7);
        await damage(`${root}/overlay/${id}/diff`, made);
        const error = await assertRejects(() => readLayers(made), Error);
        assertStringIncludes(error.message, why);
        assertStringIncludes(error.message, `Cannot read layer "${id}"`);
      });
    }
  },
});

Deno.test({
  name: "a store refuses a layer whose list is damaged, or hostile",
  ...needs("root", "tar"),
  async fn(t) {
    const tar = archive(directory("d/"), file("d/a", "content"));
    const line = (entry: unknown) => `${JSON.stringify(entry)}\n`;
    const cases: Readonly<Record<string, readonly [string | null, string]>> = {
      "gone": [null, "which describes its archive: it is missing"],
      "cut short": ['{"type":1,"na', "it is no JSON"],
      "of an unknown type": [line({ type: 3 }), "of unknown type"],
      "of a wrong size": [line({ type: 1, name: "d/a", size: -1 }), "a size"],
      "with a path that leads out": [
        line({ type: 1, name: "../../../secret", size: 7 }),
        "was changed",
      ],
      "with a path with a NUL": [
        line({ type: 1, name: "d/a\0b", size: 7 }),
        "its path points elsewhere",
      ],
      "with no Base64": [line({ type: 2, payload: "?" }), "it is no Base64"],
    };
    for (const [name, [text, why]] of Object.entries(cases)) {
      await t.step(name, async () => {
        using made = await store(tar);
        const { layers } = made.agent.store.paths;
        const path = `${layers}/${digestOf(tar).slice(7)}.tar-split.gz`;
        await Deno.remove(path);
        if (text !== null) await Deno.writeFile(path, await gzip(text));
        const error = await assertRejects(() => readLayers(made), Error);
        assertStringIncludes(error.message, why);
      });
    }
  },
});

async function gzip(text: string): Promise<Bytes> {
  const stream = new Blob([text]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
