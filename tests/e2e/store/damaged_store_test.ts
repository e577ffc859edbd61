/** Stores whose tables were damaged, lost or restored: nobody writes to them. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { digestOfTree } from "../../support/images/tree_digest.ts";
import { needs } from "../../support/peers.ts";
import {
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";

const NEEDED = needs("root", "busybox", "tar", "mount", "findmnt");

const TABLES = {
  layers: "overlay-layers/layers.json",
  images: "overlay-images/images.json",
  containers: "overlay-containers/containers.json",
} as const;

/** What becomes of a file; undefined if it is removed. */
const DAMAGES: Readonly<Record<string, (text: string) => string | undefined>> =
  {
    "empty": () => "",
    "an empty list": () => "[]",
    "null": () => "null",
    "missing": () => undefined,
    "NULs": (text) => "\0".repeat(text.length),
    "cut short": (text) => text.slice(0, text.length / 2),
    "an object": () => "{}",
    "a list of numbers": () => "[1]",
    "without half of its records": (text) => {
      const records = JSON.parse(text);
      return JSON.stringify(records.slice(0, records.length / 2));
    },
    "without the other half": (text) => {
      const records = JSON.parse(text);
      return JSON.stringify(records.slice(records.length / 2));
    },
    "the records of nobody": () => JSON.stringify([{ id: "f".repeat(64) }]),
  };

/** All that write; `LAYOUT` is one that was not pulled yet. */
const WRITERS: readonly string[] = [
  "gc",
  "gc --all --containers=stopped --leftover-age=0s",
  "gc --dry-run",
  "pull LAYOUT",
  "pull OLD",
  "rmi two",
  "rmi --force two",
  "rm app",
  "rm --force app",
  "stop app",
  "start app",
  "run tiny true",
  "tag two three",
  "untag two",
  "image pin two",
  "pod create another",
  "pod rm web",
  "pod rm --force web",
  "container create --pod web --name more tiny",
];

const READERS = ["images", "ps", "df", "doctor"];

/** Two images, a pod, and a container with a user's file in it. */
async function filledStore(): Promise<SharedStore> {
  const store = sharedStore();
  const { orlop } = store;
  await writeBusyboxLayout(store.join("tiny"));
  const layers = [await layerOf({ "a.txt": "a" }), await layerOf({ "b": "b" })];
  await writeLayout(store.join("two"), layers);
  await writeLayout(store.join("new"), [await layerOf({ "n.txt": "n" })]);
  await orlop("pull", `oci:${store.join("tiny")}:latest`);
  await orlop("pull", `oci:${store.join("two")}:latest`);
  await orlop("pod", "create", "web");
  const create = ["--pod", "web", "--name", "app", "localhost/tiny"];
  await orlop("container", "create", ...create);
  const root = await orlop("start", "app");
  await Deno.writeTextFile(join(root, "precious.txt"), "mine");
  await orlop("stop", "app");
  return store;
}

function argsOf(store: SharedStore, command: string): readonly string[] {
  return command.replace("LAYOUT", `oci:${store.join("new")}:latest`)
    .replace("OLD", `oci:${store.join("two")}:latest`).split(" ");
}

Deno.test("nobody writes to a store with a damaged table", {
  ...NEEDED,
}, async (t) => {
  await using store = await filledStore();
  for (const [kind, file] of Object.entries(TABLES)) {
    const path = join(store.root, file);
    const text = readFileSync(path, "utf8");
    for (const [name, damage] of Object.entries(DAMAGES)) {
      const damaged = damage(text);
      if (damaged === undefined) rmSync(path);
      else writeFileSync(path, damaged);
      // Each damage by the commands that remove most, and all commands once.
      const commands = name === "an empty list" ? WRITERS : WRITERS.slice(0, 4);
      const before = digestOfTree(store.root);
      for (const command of commands) {
        await t.step(`${kind}: ${name}: ${command}`, async () => {
          const args = argsOf(store, command);
          const { code, err } = await store.tryOrlop(...args);
          assertStringIncludes(err, file);
          assertStringIncludes(err, "nothing was changed");
          assert(command.startsWith("run ") ? code === 125 : code === 1, err);
          assertEquals(digestOfTree(store.root), before);
        });
      }
      for (const command of READERS) {
        await t.step(`${kind}: ${name}: ${command}`, async () => {
          const { code, out, err } = await store.tryOrlop(command);
          assertEquals(code, command === "doctor" ? 1 : 0, err);
          assertStringIncludes(`${out}${err}`, file);
          assertEquals(digestOfTree(store.root), before);
        });
      }
      writeFileSync(path, text);
    }
  }
  await t.step("all is well again with the files of before", async () => {
    await store.orlop("gc");
    const root = await store.orlop("start", "app");
    assertEquals(await Deno.readTextFile(join(root, "precious.txt")), "mine");
    await store.orlop("stop", "app");
    assertEquals(store.check(), []);
  });
});
