/** A check finds each kind of damage, says where it is, and changes nothing. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { gzipSync } from "node:zlib";
import {
  type CheckOptions,
  checkStore,
} from "../../../src/engine/check/check_store.ts";
import { pullImage } from "../../../src/engine/transfer/pull_image.ts";
import { openAgent } from "../../../src/engine/agent.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { archive, file } from "../../support/images/tar_builder.ts";
import { needs } from "../../support/peers.ts";
import { type StoreAgent, storeAgent } from "../../support/store_agent.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { toBytes } from "../../../src/formats/bytes.ts";

const NEEDED = needs("root", "tar");
const CONTENT = "content ".repeat(100);
const BASE = archive(
  { name: "etc", type: "5", mode: 0o755 },
  { ...file("etc/a.txt", CONTENT), mode: 0o644 },
  { name: "etc/hard", type: "1", linkName: "etc/a.txt" },
  { name: "etc/soft", type: "2", linkName: "a.txt" },
  { name: "etc/pipe", type: "6", mode: 0o600 },
  file("implied/b.txt", "b"),
);
const TOP = archive(
  file("etc/.wh.soft", ""),
  file("top.txt", "top"),
);

interface Subject extends StoreAgent {
  readonly root: string;
  readonly base: string;
  readonly top: string;
  readonly image: string;
  diff(name: string): string;
}

async function subject(): Promise<Subject> {
  const store = storeAgent();
  const layout = store.dir.join("two");
  const layers = [BASE, TOP].map((tar) => ({
    blob: new Uint8Array(gzipSync(tar)),
    diffId: digestOf(tar),
  }));
  await writeLayout(layout, layers);
  const { imageId } = await pullImage(store.agent, `oci:${layout}:latest`);
  const root = store.dir.join("root");
  const records: { id: string; parent?: string }[] = JSON.parse(
    readFileSync(join(root, "overlay-layers/layers.json"), "utf8"),
  );
  const base = records.find(({ parent }) => !parent)?.id ?? "";
  const top = records.find(({ parent }) => parent)?.id ?? "";
  const diff = (name: string) => join(root, "overlay", base, "diff", name);
  return { ...store, root, base, top, image: imageId, diff };
}

type Damage = readonly [
  name: string,
  damage: (subject: Subject) => void,
  says: string,
];

/** What a look at names and sizes shows. */
const QUICK: readonly Damage[] = [
  ["no files", (s) => rmSync(s.diff(""), { recursive: true }), "diff: it is"],
  [
    "no list of the archive",
    (s) => rmSync(join(s.root, `overlay-layers/${s.base}.tar-split.gz`)),
    "tar-split.gz: it is missing",
  ],
  [
    "no short name",
    (s) => writeFileSync(join(s.root, "overlay", s.top, "link"), ""),
    "link: it is empty",
  ],
  [
    "the short name of another layer",
    (s) =>
      writeFileSync(
        join(s.root, "overlay", s.top, "link"),
        readFileSync(join(s.root, "overlay", s.base, "link")),
      ),
    "has the same short name",
  ],
  [
    "other layers below",
    (s) => writeFileSync(join(s.root, "overlay", s.top, "lower"), "l/ABC"),
    "lower: it names other layers",
  ],
  [
    "a shorter manifest",
    (s) =>
      truncateSync(join(s.root, "overlay-images", s.image, "manifest"), 10),
    "manifest: it has 10 bytes",
  ],
  [
    "no config",
    ({ root, image }) => {
      const directory = join(root, "overlay-images", image);
      for (const name of readdirSync(directory)) {
        if (name.startsWith("=")) rmSync(join(directory, name));
      }
    },
    "it is missing",
  ],
  [
    "an empty table",
    (s) => writeFileSync(join(s.root, "overlay-layers/layers.json"), ""),
    "layers.json",
  ],
];

/** What only shows when all is read. */
const FULL: readonly Damage[] = [
  [
    "another byte",
    (s) => writeFileSync(s.diff("etc/a.txt"), `C${CONTENT.slice(1)}`),
    "etc/a.txt",
  ],
  ["a shorter file", (s) => truncateSync(s.diff("etc/a.txt"), 3), "3 bytes"],
  ["another mode", (s) => chmodSync(s.diff("etc/a.txt"), 0o600), "mode"],
  [
    "another mode of a directory",
    (s) => chmodSync(s.diff("etc"), 0o700),
    "etc: its mode is 0700, not 0755",
  ],
  [
    "another owner",
    (s) => chownSync(s.diff("etc/a.txt"), 5, 6),
    "etc/a.txt: it belongs to 5:6, not 0:0",
  ],
  [
    "a file more",
    (s) => writeFileSync(s.diff("etc/new"), ""),
    "etc/new: the image has no such file",
  ],
  [
    "a directory more",
    (s) => mkdirSync(s.diff("more/and/more"), { recursive: true }),
    "more: the image has no such file",
  ],
  ["no link", (s) => rmSync(s.diff("etc/soft")), "etc/soft: it is missing"],
  [
    "a link elsewhere",
    (s) => {
      rmSync(s.diff("etc/soft"));
      symlinkSync("/etc/shadow", s.diff("etc/soft"));
    },
    "etc/soft: it points elsewhere",
  ],
  [
    "a copy for a hard link",
    (s) => {
      rmSync(s.diff("etc/hard"));
      writeFileSync(s.diff("etc/hard"), CONTENT);
    },
    "etc/hard: it is no link to etc/a.txt",
  ],
  [
    "a pipe for a file",
    (s) => {
      rmSync(s.diff("implied/b.txt"));
      linkSync(s.diff("etc/pipe"), s.diff("implied/b.txt"));
    },
    "it is no regular file",
  ],
  [
    "a link for a directory",
    (s) => {
      renameSync(s.diff("implied"), s.diff("other"));
      symlinkSync("/etc", s.diff("implied"));
    },
    "etc/b.txt",
  ],
  [
    "a damaged list of the archive",
    (s) =>
      truncateSync(join(s.root, `overlay-layers/${s.base}.tar-split.gz`), 40),
    "it is damaged",
  ],
  [
    "another list of the archive",
    (s) =>
      writeFileSync(
        join(s.root, `overlay-layers/${s.base}.tar-split.gz`),
        gzipSync(toBytes(`{"type":2,"payload":"AAAA","position":0}\n`)),
      ),
    "its archive has digest",
  ],
  [
    "another manifest of the same size",
    (s) => {
      const path = join(s.root, "overlay-images", s.image, "manifest");
      const text = readFileSync(path, "utf8");
      writeFileSync(path, text.replace(`"size":`, `"Size":`));
    },
    "it has digest",
  ],
];

async function check(
  { root, dir }: Subject,
  options: CheckOptions,
): Promise<readonly string[]> {
  const agent = openAgent({ root, runRoot: dir.join("run"), purpose: "read" });
  return (await checkStore(agent, options)).status.damaged;
}

for (const [name, damage, says] of [...QUICK, ...FULL]) {
  const isQuick = QUICK.some(([other]) => other === name);
  Deno.test(`checkStore() finds ${name}`, NEEDED, async () => {
    const store = await subject();
    using _dir = store.dir;
    assertEquals(await check(store, { depth: "full" }), []);
    damage(store);
    const before = listAll(store.root);
    const [quick = ""] = await check(store, { depth: "quick" });
    const [full = ""] = await check(store, { depth: "full" });
    assertStringIncludes(full, says);
    assertEquals(quick.includes(says), isQuick, quick);
    assertEquals(listAll(store.root), before, "something was changed");
  });
}

Deno.test("checkStore() remembers damage until it is repaired", {
  ...NEEDED,
}, async () => {
  const store = await subject();
  using _dir = store.dir;
  chmodSync(store.diff("etc/a.txt"), 0o600);
  assertEquals((await check(store, { depth: "full" })).length, 1);
  assertEquals((await check(store, { depth: "quick" })).length, 1);
  chmodSync(store.diff("etc/a.txt"), 0o644);
  assertEquals(await check(store, { depth: "quick" }), []);
});

Deno.test("checkStore() advises no pull where a pull does nothing", {
  ...NEEDED,
}, async () => {
  const store = await subject();
  using _dir = store.dir;
  const { root, diff } = store;
  const agent = openAgent({ root, runRoot: store.dir.join("run") });
  const adviceNow = async () => {
    const { objects } = await checkStore(agent, { depth: "full" });
    return objects.flatMap(({ advice }) => advice ?? []);
  };
  writeFileSync(diff("etc/a.txt"), `C${CONTENT.slice(1)}`);
  const [content = "", ...others] = await adviceNow();
  assertStringIncludes(content, "orlop check --full --repair");
  assertEquals(others, []);
  rmSync(diff(""), { recursive: true });
  assertStringIncludes((await adviceNow())[0] ?? "", "Pull it again");
});

Deno.test("checkStore() continues where the last one ended", {
  ...NEEDED,
}, async () => {
  const { agent, dir } = await subject();
  using _dir = dir;
  const read: string[] = [];
  const options = {
    depth: "full",
    onLayer: ({ id }: { readonly id: string }) => void read.push(id),
  } as const;
  const none = await checkStore(agent, { ...options, timeLimitMs: 0 });
  assertEquals([none.unread, read.length], [2, 0]);
  let isOver = false;
  const controller = new AbortController();
  await checkStore(agent, {
    ...options,
    signal: controller.signal,
    onLayer({ id }) {
      if (isOver) controller.abort(new Error("enough"));
      isOver = true;
      read.push(id);
    },
  }).catch(({ message }) => assertEquals(message, "enough"));
  await checkStore(agent, options);
  assertEquals(read.slice(-2).sort(), [...new Set(read)].sort());
});

Deno.test("checkStore() reads no faster than it is told", NEEDED, async () => {
  const { agent, dir } = await subject();
  using _dir = dir;
  const rate = BASE.length; // both layers take more than a second so
  const started = performance.now();
  await checkStore(agent, { depth: "full", rate });
  const least = (TOP.length / rate) * 1000;
  assert(performance.now() - started >= least);
});

Deno.test("checkStore() reports what it found where it cannot note it", {
  ...NEEDED,
}, async () => {
  const store = await subject();
  using _dir = store.dir;
  mkdirSync(join(store.root, "orlop/last-check.json/full"), {
    recursive: true,
  });
  rmSync(store.diff("etc/a.txt"));
  const { status } = await checkStore(store.agent, { depth: "full" });
  assert(status.damaged.length > 0);
  assertStringIncludes(store.messages.join(), "Cannot note what the check");
});

function listAll(root: string): readonly string[] {
  return readdirSync(root, { recursive: true }).map(String)
    .filter((path) => !/\.lock$|last-check\.json$|^orlop\/leases/.test(path))
    .sort();
}
