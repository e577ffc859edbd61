/** What `check` finds, `check --repair` puts right, with nothing lost. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { digestOfTree } from "../../support/images/tree_digest.ts";
import { needs } from "../../support/peers.ts";
import {
  PEERS,
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";
import {
  REGISTRY_PROGRAMS,
  startRegistry,
} from "../../support/servers/registry_server.ts";

const NEEDED = needs(
  ...["root", "tar", "mount", "findmnt"],
  ...PEERS,
  ...REGISTRY_PROGRAMS,
);

/** An image of two layers from a registry, and a container with a file of its own. */
interface Subject extends SharedStore {
  readonly base: string;
  readonly own: string;
}

/** Makes a store to copy. */
async function makeTemplate(name: string): Promise<SharedStore> {
  const store = sharedStore();
  const { orlop, join } = store;
  await orlop("pull", "--tls-verify=false", name);
  await orlop("pod", "create", "web");
  await orlop("container", "create", "--pod", "web", "--name", "app", name);
  writeFileSync(
    `${ownLayer(store)}/diff/mine`,
    "nobody has this but me",
  );
  await run("cp", "-a", store.root, join("template"));
  return store;
}

async function copyOf(template: SharedStore): Promise<Subject> {
  const store = sharedStore();
  await run("cp", "-a", template.join("template"), store.root);
  return { ...store, own: ownLayer(store), base: baseLayer(store) };
}

async function run(program: string, ...args: string[]): Promise<void> {
  const { success } = await new Deno.Command(program, { args }).output();
  if (!success) throw new Error(`${program} ${args.join(" ")} failed`);
}

function findApp(root: string): StoredRecord | undefined {
  return readRecords(root, "containers")
    .find(({ names }) => names?.includes("app"));
}

function ownLayer({ root }: SharedStore): string {
  return join(root, "overlay", findApp(root)?.layer ?? "");
}

function baseLayer({ root }: SharedStore): string {
  const image = readRecords(root, "images")
    .find(({ id }) => id === findApp(root)?.image);
  const top = readRecords(root, "layers").find(({ id }) => id === image?.layer);
  return join(root, "overlay", top?.parent ?? "");
}

interface StoredRecord {
  readonly id: string;
  readonly names?: readonly string[];
  readonly image?: string;
  readonly layer?: string;
  readonly parent?: string;
}

function readRecords(root: string, kind: string): readonly StoredRecord[] {
  return JSON.parse(readFileSync(tableOf({ root }, kind), "utf8"));
}

function tableOf({ root }: Pick<SharedStore, "root">, kind: string): string {
  return join(root, `overlay-${kind}`, `${kind}.json`);
}

/** All but orlop's own notes. */
function digestOf({ root }: SharedStore): readonly string[] {
  return readdirSync(root).filter((name) => name.startsWith("overlay"))
    .map((name) => digestOfTree(join(root, name)));
}

function without(subject: Subject, kind: string): void {
  rmSync(tableOf(subject, kind));
  rmSync(`${tableOf(subject, kind)}.orlop-backup`, { force: true });
}

type Damage = readonly [name: string, damage: (subject: Subject) => void];

/** Kinds of damage. All of them are found, and repaired. */
const KINDS: readonly Damage[] = [
  ["another byte", (s) => writeFileSync(join(s.base, "diff/etc/a.txt"), "A")],
  ["a file more", (s) => writeFileSync(join(s.base, "diff/etc/new"), "")],
  ["a file less", (s) => rmSync(join(s.base, "diff/etc/a.txt"))],
  ["no files", (s) => rmSync(join(s.base, "diff"), { recursive: true })],
  ["no directory", (s) => rmSync(s.base, { recursive: true })],
  ["an empty link", (s) => writeFileSync(join(s.base, "link"), "")],
  ["a link of NULs", (s) => writeFileSync(join(s.base, "link"), "\0\0\0")],
  ["no short links", (s) => emptyDirectory(join(s.root, "overlay/l"))],
  [
    "an empty lower",
    (s) => writeFileSync(join(s.own, "lower"), ""),
  ],
  [
    "an empty lower-layers",
    (s) => writeFileSync(join(s.own, "lower-layers"), ""),
  ],
  [
    "a lower-layers that leaves one out",
    (s) =>
      writeFileSync(
        join(s.own, "lower-layers"),
        s.base.split("/").at(-1) ?? "",
      ),
  ],
  [
    "a lower-layers where nothing is below",
    (s) => cpSync(join(s.own, "lower-layers"), join(s.base, "lower-layers")),
  ],
  [
    "a directory for a lower-layers",
    (s) => {
      rmSync(join(s.own, "lower-layers"));
      mkdirSync(join(s.own, "lower-layers"));
    },
  ],
  [
    "swapped links",
    (s) => cpSync(join(s.base, "link"), join(s.own, "link")),
  ],
  [
    "an empty tar-split",
    (s) =>
      writeFileSync(
        s.base.replace("/overlay/", "/overlay-layers/") + ".tar-split.gz",
        "",
      ),
  ],
  ...["layers", "images", "containers"].flatMap((kind): Damage[] => [
    [`an empty table of ${kind}`, (s) => writeFileSync(tableOf(s, kind), "")],
    [
      `a table of ${kind} that is cut`,
      (s) => {
        const text = readFileSync(tableOf(s, kind), "utf8");
        writeFileSync(tableOf(s, kind), text.slice(0, text.length / 2));
      },
    ],
    [`no table of ${kind}`, (s) => rmSync(tableOf(s, kind))],
    [`no records in that of ${kind}`, (s) => {
      writeFileSync(tableOf(s, kind), "[]");
    }],
  ]),
  ["no table of layers, nor its backup", (s) => without(s, "layers")],
  [
    "an older table of layers",
    (s) => {
      const table = tableOf(s, "layers");
      writeFileSync(
        table,
        JSON.stringify(readRecords(s.root, "layers").slice(0, 1)),
      );
    },
  ],
  [
    "no tables at all",
    (s) => {
      for (const kind of ["layers", "images", "containers"]) {
        rmSync(tableOf(s, kind));
      }
    },
  ],
];

function emptyDirectory(path: string): void {
  for (const name of readdirSync(path)) rmSync(join(path, name));
}

Deno.test("check --repair puts right what check finds", NEEDED, async (t) => {
  await using registry = await startRegistry();
  const name = `${registry.host}/two:1`;
  {
    await using store = sharedStore();
    const layout = store.join("two");
    await writeLayout(layout, [
      await layerOf({ "etc/a.txt": "a" }),
      await layerOf({ "etc/b.txt": "b" }),
    ]);
    await registry.pushLayout(`${layout}:latest`, "two:1");
  }
  await using template = await makeTemplate(name);
  for (const [what, damage] of KINDS) {
    await t.step(what, async () => {
      await using store = await copyOf(template);
      const { orlop, tryOrlop, podman } = store;
      const whole = digestOfTree(join(store.base, "diff"));
      const own = digestOfTree(join(store.own, "diff"));
      damage(store);
      const found = await tryOrlop("check", "--full");
      assertEquals(found.code, 1, found.err);
      assertStringIncludes(found.out, "damaged");
      const before = digestOf(store);
      const plan = await tryOrlop("check", "--full", "--repair", "--dry-run");
      assertStringIncludes(plan.out, "planned", plan.err);
      assertEquals(digestOf(store), before, "a plan changed something");
      const args = ["--full", "--repair", "--tls-verify=false"];
      const done = await orlop("check", ...args);
      assertStringIncludes(done, "done");
      assertStringIncludes(done, "none damaged");
      assertEquals(digestOfTree(join(store.base, "diff")), whole);
      assertEquals(digestOfTree(join(store.own, "diff")), own);
      assertEquals(store.check(), []);
      assertStringIncludes(await podman("images"), "two");
      assertStringIncludes(await podman("ps", "--all", "--external"), "app");
      const mounted = (await orlop("start", "app")).trim();
      assertEquals(readFileSync(join(mounted, "mine"), "utf8").length, 22);
      await orlop("stop", "app");
    });
  }
});
