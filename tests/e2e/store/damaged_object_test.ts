/** Layers, images and containers that lost something on disk. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { digestOfTree } from "../../support/images/tree_digest.ts";
import { needs } from "../../support/peers.ts";
import {
  PEERS,
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";

const NEEDED = needs("root", "busybox", "tar", "mount", "findmnt", "runc");

/** The image's layers, from the base up, and its only container. */
interface Subjects extends SharedStore {
  readonly base: string;
  readonly top: string;
  readonly image: string;
}

/** An image of two layers, that `pull` gets, and a container of it. */
async function subjects(): Promise<Subjects> {
  const store = sharedStore();
  const { orlop, root } = store;
  await writeBusyboxLayout(store.join("tiny"));
  const layout = store.join("two");
  await writeLayout(layout, [
    await layerOf({ "etc/a.txt": "a" }),
    await layerOf({ "etc/b.txt": "b" }),
  ]);
  await orlop("pull", `oci:${layout}:latest`);
  await orlop("pod", "create", "web");
  await orlop("container", "create", "--pod", "web", "--name", "app", "two");
  const records = JSON.parse(
    readFileSync(`${root}/overlay-layers/layers.json`, "utf8"),
  );
  const [image] = JSON.parse(
    readFileSync(`${root}/overlay-images/images.json`, "utf8"),
  ).filter(({ names }: { names: string[] }) => names[0]?.includes("/two:"));
  const top = records.find(({ id }: { id: string }) => id === image.layer);
  return { ...store, base: top.parent, top: top.id, image: image.id };
}

type Damage = readonly [name: string, damage: (subjects: Subjects) => void];

const layerPath = (
  { root, top }: Subjects,
  name: string,
  id = top,
) => join(root, "overlay", id, name);
const tarSplit = ({ root, top }: Subjects) =>
  join(root, "overlay-layers", `${top}.tar-split.gz`);

/** A container needs these, so nothing is begun without. */
const OF_LAYERS: readonly Damage[] = [
  ["an empty link", (s) => writeFileSync(layerPath(s, "link"), "")],
  [
    "a link of NULs",
    (s) => writeFileSync(layerPath(s, "link"), "\0".repeat(26)),
  ],
  ["a link that is a path", (s) => writeFileSync(layerPath(s, "link"), "../x")],
  ["no link", (s) => rmSync(layerPath(s, "link"))],
  ["an empty lower", (s) => writeFileSync(layerPath(s, "lower"), "")],
  [
    "a lower of NULs",
    (s) => writeFileSync(layerPath(s, "lower"), "\0".repeat(28)),
  ],
  ["a lower cut short", (s) => writeFileSync(layerPath(s, "lower"), "l/ABC")],
  ["no lower", (s) => rmSync(layerPath(s, "lower"))],
  ["no base link", (s) => rmSync(layerPath(s, "link", s.base))],
  ["no diff", (s) => rmSync(layerPath(s, "diff"), { recursive: true })],
  ["an empty diff", (s) => {
    rmSync(layerPath(s, "diff/etc"), { recursive: true });
  }],
  ["a diff that is a file", (s) => {
    rmSync(layerPath(s, "diff"), { recursive: true });
    writeFileSync(layerPath(s, "diff"), "");
  }],
  ["no directory", (s) => rmSync(layerPath(s, ""), { recursive: true })],
  [
    "no base diff",
    (s) => rmSync(layerPath(s, "diff", s.base), { recursive: true }),
  ],
  [
    "no base directory",
    (s) => rmSync(layerPath(s, "", s.base), { recursive: true }),
  ],
];

/** A container does without these. */
const OF_PUSHES: readonly Damage[] = [
  ["no tar-split", (s) => rmSync(tarSplit(s))],
  ["an empty tar-split", (s) => writeFileSync(tarSplit(s), "")],
];

Deno.test("a damaged layer is refused before anything is written", {
  ...NEEDED,
}, async (t) => {
  for (const [name, damage] of OF_LAYERS) {
    await t.step(name, async () => {
      await using store = await subjects();
      damage(store);
      const before = digestOfTree(store.root);
      const create = ["container", "create", "--pod", "web"];
      const commands = [
        [...create, "--name", "more", "two"],
        ["run", "two", "/x"],
        ["start", "app"],
      ];
      for (const args of commands) {
        const { code, err } = await store.tryOrlop(...args);
        assertEquals(code, args[0] === "run" ? 125 : 1, err);
        assertStringIncludes(err, 'Cannot use layer "');
        assertStringIncludes(err, "pull its image again");
        assertEquals(digestOfTree(store.root), before, args.join(" "));
      }
      await repair(store);
    });
  }
});

Deno.test("a pull brings back what an image has lost", {
  ...NEEDED,
}, async (t) => {
  const item = (
    { root, image }: Subjects,
    isWanted: (name: string) => boolean,
  ) => {
    const directory = join(root, "overlay-images", image);
    const found = readdirSync(directory).find(isWanted) ?? "";
    assert(found !== "");
    return join(directory, found);
  };
  const config = (s: Subjects) =>
    item(s, (name) => atob(name.slice(1)).startsWith("sha256:"));
  const manifest = (s: Subjects) => item(s, (name) => name === "manifest");
  const damages: readonly Damage[] = [
    ...OF_PUSHES,
    ["no config", (s) => rmSync(config(s))],
    ["an empty config", (s) => writeFileSync(config(s), "")],
    ["no manifest", (s) => rmSync(manifest(s))],
    ["an empty manifest", (s) => writeFileSync(manifest(s), "")],
    [
      "no items at all",
      ({ root, image }) =>
        rmSync(join(root, "overlay-images", image), { recursive: true }),
    ],
  ];
  for (const [name, damage] of damages) {
    await t.step(name, async () => {
      await using store = await subjects();
      damage(store);
      await repair(store);
    });
  }
});

/** By what doctor advises. */
async function repair(store: Subjects): Promise<void> {
  const { tryOrlop, orlop } = store;
  const { code, out } = await tryOrlop("doctor");
  assertEquals(code, 1, out);
  assertStringIncludes(out, "→ Pull it again: orlop pull localhost/two:latest");
  await orlop("pull", `oci:${store.join("two")}:latest`);
  assertEquals(store.check(), []);
  const healthy = await tryOrlop("doctor");
  assertEquals(healthy.code, 0, healthy.out);
  const root = await orlop("start", "app");
  assertEquals(readdirSync(join(root, "etc")).toSorted(), ["a.txt", "b.txt"]);
  await orlop("stop", "app");
}

Deno.test(
  "doctor names a container that lost its settings",
  NEEDED,
  async (t) => {
    const config = ({ root }: Subjects) => {
      const directory = join(root, "overlay-containers");
      const [id = ""] = readdirSync(directory).filter((name) =>
        name.length === 64 &&
        readFileSync(join(directory, name, "userdata/config.json"), "utf8")
            .includes('"server"') === false
      );
      return join(directory, id, "userdata/config.json");
    };
    for (const text of [undefined, ""]) {
      await t.step(text ?? "missing", async () => {
        await using store = await subjects();
        const path = config(store);
        if (text === undefined) rmSync(path);
        else writeFileSync(path, text);
        const { code, out } = await store.tryOrlop("doctor");
        assertEquals(code, 1);
        assertStringIncludes(out, `${path}: it is `);
      });
    }
  },
);

Deno.test("short links are made again when a store is written to", {
  ...NEEDED,
}, async (t) => {
  const links = ({ root }: Subjects) => join(root, "overlay", "l");
  const each = (s: Subjects, change: (path: string) => void) => {
    for (const name of readdirSync(links(s))) change(join(links(s), name));
  };
  const damages: readonly Damage[] = [
    ["no directory of links", (s) => rmSync(links(s), { recursive: true })],
    ["no links", (s) => each(s, (path) => rmSync(path))],
    ["links to elsewhere", (s) =>
      each(s, (path) => {
        rmSync(path);
        symlinkSync("../nowhere/diff", path);
      })],
    ["files in their place", (s) =>
      each(s, (path) => {
        rmSync(path);
        writeFileSync(path, "");
      })],
    ["directories in their place", (s) =>
      each(s, (path) => {
        rmSync(path);
        mkdirSync(path);
      })],
  ];
  for (const [name, damage] of damages) {
    for (const command of ["gc", "start app"]) {
      await t.step(`${name}: ${command}`, async () => {
        await using store = await subjects();
        damage(store);
        await store.orlop(...command.split(" "));
        assertEquals(store.check(), []);
      });
    }
  }
});

Deno.test("podman finds whole what a pull has repaired", {
  ...needs(...PEERS),
}, async () => {
  await using store = sharedStore();
  await writeBusyboxLayout(store.join("tiny"));
  await store.orlop("pull", `oci:${store.join("tiny")}:latest`);
  const [layer] = readdirSync(join(store.root, "overlay"))
    .filter((name) => name.length === 64);
  const directory = join(store.root, "overlay", layer ?? "");
  assert(existsSync(join(directory, "diff")));
  rmSync(directory, { recursive: true });
  rmSync(join(store.root, "overlay", "l"), { recursive: true });
  await store.orlop("pull", `oci:${store.join("tiny")}:latest`);
  const out = await store.podmanRun("--rm", "localhost/tiny", "echo", "well");
  assertEquals(out, "well");
  await store.copy("localhost/tiny:latest", `dir:${store.join("pushed")}`);
});

Deno.test("doctor names the command of the tool that a container belongs to", {
  ...needs(...PEERS),
}, async () => {
  await using store = sharedStore();
  await writeBusyboxLayout(store.join("tiny"));
  await store.orlop("pull", `oci:${store.join("tiny")}:latest`);
  await store.podmanRun("--name", "theirs", "localhost/tiny", "true");
  const [{ layer }] = JSON.parse(
    readFileSync(`${store.root}/overlay-containers/containers.json`, "utf8"),
  );
  const path = join(store.root, "overlay", layer, "lower");
  writeFileSync(path, "l/ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  const { code, out } = await store.tryOrlop("doctor");
  assertEquals(code, 1);
  assertStringIncludes(out, `${path}: it names other layers`);
  assertStringIncludes(out, "Replace it: podman rm theirs, then create it");
});
