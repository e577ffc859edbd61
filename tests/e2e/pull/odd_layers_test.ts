/** Layers as the world makes them: pulled by orlop and skopeo, pushed again. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { gzipSync } from "node:zlib";
import { type Bytes, concatBytes } from "../../../src/formats/bytes.ts";
import { detectCompression } from "../../../src/formats/compression/decompress.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { filter } from "../../support/filter.ts";
import { decompressAll } from "../../support/images/decompress_all.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import {
  archive,
  dir,
  file,
  fragment,
  gnuSparse,
  hardlink,
  pax,
  sparse10,
  symlink,
} from "../../support/images/tar_builder.ts";
import { describeTree } from "../../support/images/tree.ts";
import { needs } from "../../support/peers.ts";
import {
  PEERS,
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";
import { run } from "../../support/servers/registry_server.ts";

const PLAIN = archive(dir("d/", { uid: 3 }), file("d/f", "x".repeat(70_000)));
const NEEDED = needs(...PEERS, "tar", "xz", "bzip2", "find", "getfattr");

/** A layer, and why skopeo makes something else of it or cannot push it. */
interface OddLayer {
  readonly archive: Bytes;
  readonly blob?: Bytes;
  readonly unlikeSkopeo?: string;
}

Deno.test("orlop pulls odd layers as skopeo does, and skopeo pushes them", {
  ...NEEDED,
}, async (t) => {
  const layers: Readonly<Record<string, OddLayer>> = {
    "xz": { archive: PLAIN, blob: await filter("xz", ["-c"], PLAIN) },
    "bzip2": { archive: PLAIN, blob: await filter("bzip2", ["-c"], PLAIN) },
    "a root with mode, owner and time": {
      archive: archive(
        dir("/", { mode: 0o1750, uid: 5, gid: 6, mtime: 7 }),
        file("f"),
      ),
    },
    "a root that other tools ignore": {
      archive: archive(dir("./", { mode: 0o1750, uid: 5 }), file("f")),
    },
    "a last file without padding": {
      archive: fragment(file("f", "x".repeat(700))).slice(0, 1212),
    },
    "a last file with half a padding": {
      archive: fragment(file("f", "x".repeat(700))).slice(0, 1300),
      unlikeSkopeo: "it cannot push it",
    },
    "zeros after gzip": {
      archive: PLAIN,
      blob: concatBytes([new Uint8Array(gzipSync(PLAIN)), new Uint8Array(9)]),
      unlikeSkopeo: "it takes them for a member",
    },
    "attributes of all kinds": {
      archive: archive(
        pax({ "SCHILY.xattr.user.a": "b", "LIBARCHIVE.xattr.user.c": "ZA==" }),
        file("f"),
        pax({ "SCHILY.xattr.user.empty": "", hdrcharset: "BINARY" }),
        file("\xff"),
        pax({ "SCHILY.xattr.trusted.a": "b" }),
        symlink("l", "f"),
        pax({ "SCHILY.xattr.trusted.c": "d" }),
        { name: "p", type: "6" },
        pax({ "SCHILY.xattr.unknown.a": "b", "SCHILY.acl.access": "u::rw-" }),
        file("g"),
        pax({
          "SCHILY.xattr.security.capability": "\x01\0\0\x02\0\x20\0\0" +
            "\0".repeat(12),
        }),
        file("ping", "x", { mode: 0o755 }),
        pax({
          "SCHILY.xattr.system.posix_acl_access": "\x02\0\0\0" +
            "\x01\0\x06\0\xff\xff\xff\xff" + "\x02\0\x04\0\x05\0\0\0" +
            "\x04\0\x04\0\xff\xff\xff\xff" + "\x10\0\x04\0\xff\xff\xff\xff" +
            "\x20\0\x04\0\xff\xff\xff\xff",
        }),
        file("acl"),
      ),
    },
    "hard links with attributes of their own": {
      archive: archive(
        file("f", "x".repeat(70_000), { mode: 0o4750, uid: 5, mtime: 7 }),
        { ...hardlink("g", "f"), mode: 0o600, uid: 8, mtime: 9 },
        ...Array.from({ length: 9 }, (_, n) => file(`s${n}`, `${n}`)),
        { ...hardlink("h", "s8"), mode: 0o600, uid: 8, mtime: 9 },
      ),
    },
    "AUFS's own files": {
      archive: archive(
        dir(".wh..wh.plnk/"),
        file(".wh..wh.plnk/1.2", "x"),
        hardlink("h", ".wh..wh.plnk/1.2"),
        hardlink("i", ".wh..wh.plnk/1.2"),
        file(".wh..wh.aufs", ""),
      ),
      unlikeSkopeo: "it takes them for whiteouts",
    },
    "a file twice": {
      archive: archive(
        ...Array.from({ length: 12 }, (_, n) => file(`f${n}`, `${n}`)),
        dir("d/"),
        file("d/f", "one"),
        file("f9", "two"),
        symlink("d", "f9"),
      ),
      unlikeSkopeo: "it fails",
    },
  };
  for (const [name, layer] of Object.entries(layers)) {
    await t.step(name, () => compare(layer));
  }
});

Deno.test("orlop keeps the holes of sparse files, and skopeo pushes them", {
  ...NEEDED,
}, async (t) => {
  await using source = sharedStore();
  const files = source.join("files");
  await Deno.mkdir(files);
  await makeSparseFile(`${files}/data`, 10_000_000, [[0, "start"], [
    3_000_000,
    "middle",
  ], [9_999_997, "end"]]);
  await makeSparseFile(`${files}/hole`, 5_000_000, []);
  const parts = Array.from(
    { length: 90 },
    (_, n) => [n * 50_000, "x"] as const,
  );
  await makeSparseFile(`${files}/many`, 5_000_000, parts);
  const formats: readonly (readonly string[])[] = [
    ["--format=gnu"],
    ["--format=pax", "--sparse-version=0.0"],
    ["--format=pax", "--sparse-version=0.1"],
    ["--format=pax", "--sparse-version=1.0"],
  ];
  for (const flags of formats) {
    await t.step(flags.join(" "), async () => {
      const path = source.join("sparse.tar");
      await run("tar", "-C", files, ...flags, "-S", "-cf", path, ".");
      const archive = await Deno.readFile(path);
      assert(archive.length < 2_000_000);
      await using store = sharedStore();
      const { diff } = await pull(store, { archive });
      const names = ["data", "hole", "many"];
      for (const name of names) {
        const [made, original] = [diff, files].map((directory) =>
          digestOf(Deno.readFileSync(`${directory}/${name}`))
        );
        assertEquals(made, original);
        const { blocks, size } = await Deno.stat(`${diff}/${name}`);
        assert((blocks ?? 0) * 512 < 1_000_000, `${name} has ${blocks} blocks`);
        assertEquals(size, (await Deno.stat(`${files}/${name}`)).size);
      }
      if (flags.includes("--format=gnu")) return;
      // Their times are between seconds, so GNU tar has made them.
      const { mtime } = await Deno.stat(`${diff}/data`);
      assertEquals(mtime, (await Deno.stat(`${files}/data`)).mtime);
    });
  }
});

Deno.test("orlop keeps the holes of files that it writes itself", {
  ...NEEDED,
}, async () => {
  const whole = 4 * 1024 * 1024 * 1024;
  const layer = archive(
    gnuSparse("old", whole, [[4096, "x"], [whole - 1, "y"]]),
    ...sparse10("new", whole, [[4096, "x"], [whole - 1, "y"]]),
    ...sparse10("hole", whole, []),
  );
  await using store = sharedStore();
  const { diff } = await pull(store, { archive: layer });
  for (const name of ["old", "new", "hole"]) {
    const { blocks, size } = await Deno.stat(`${diff}/${name}`);
    assertEquals(size, whole);
    assert((blocks ?? 0) <= 32, `${name} has ${blocks} blocks`);
  }
  const used = await store.orlop("df", "--format", "json");
  assert(!used.includes(String(whole)), used);
});

/** Pulls a layer by both, and compares. */
async function compare(layer: OddLayer): Promise<void> {
  await using store = sharedStore();
  const { diff, layout } = await pull(store, layer);
  if (layer.unlikeSkopeo !== undefined) return;
  await using theirs = sharedStore();
  await theirs.copy(`oci:${layout}:latest`, "localhost/x:1");
  const other = await diffOf(theirs);
  const now = Math.floor(Date.now() / 1000) - 600;
  assertEquals(
    [await describeRoot(diff, now), ...await describeTree(diff, { now })],
    [await describeRoot(other, now), ...await describeTree(other, { now })],
  );
  assertEquals(compressionIn(store), compressionIn(theirs));
}

/** Pulls a layer into a store, and pushes it again. */
async function pull(
  store: SharedStore,
  { archive, blob = archive }: OddLayer,
): Promise<{ readonly diff: string; readonly layout: string }> {
  const layout = store.join("layout");
  await writeLayout(layout, [{ blob, diffId: digestOf(archive) }]);
  const id = await store.orlop("pull", "--quiet", `oci:${layout}:latest`);
  assertEquals(store.check(), []);
  await store.copy(`@${id}`, `dir:${store.join("pushed")}`);
  const pushed: string[] = [];
  for await (const { name } of Deno.readDir(store.join("pushed"))) {
    const bytes = await Deno.readFile(store.join("pushed", name));
    pushed.push(digestOf(decompressAll(detectCompression(bytes), bytes)));
  }
  assertStringIncludes(pushed.join(" "), digestOf(archive));
  return { diff: await diffOf(store), layout };
}

async function diffOf({ root }: SharedStore): Promise<string> {
  const [record] = readLayers(root);
  const path = `${root}/overlay/${record?.id}/diff`;
  return await Deno.realPath(path);
}

function compressionIn({ root }: SharedStore): number | undefined {
  return readLayers(root)[0]?.compression;
}

function readLayers(root: string): { id: string; compression?: number }[] {
  return JSON.parse(
    Deno.readTextFileSync(`${root}/overlay-layers/layers.json`),
  );
}

async function describeRoot(diff: string, now: number): Promise<string> {
  const text = await run("stat", "-c", "%a %u:%g %Y", diff);
  const time = Number(text.trim().split(" ").at(-1));
  return time >= now ? text.replace(/\d+\s*$/, "now") : text;
}

async function makeSparseFile(
  path: string,
  size: number,
  parts: readonly (readonly [number, string])[],
): Promise<void> {
  using opened = await Deno.open(path, { write: true, createNew: true });
  await opened.truncate(size);
  for (const [at, text] of parts) {
    await opened.seek(at, Deno.SeekMode.Start);
    await opened.write(new TextEncoder().encode(text));
  }
}
