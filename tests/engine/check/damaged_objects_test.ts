/** Exactly what a check says of each kind of damage, and advises. */

import { writeFileSync } from "node:fs";
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { readCheckStatus } from "../../../src/engine/check/check_status.ts";
import { checkStore } from "../../../src/engine/check/check_store.ts";
import type { CheckedObject } from "../../../src/engine/check/checked_object.ts";
import { PAUSE_IMAGE_NAME } from "../../../src/image/pause_image_name.ts";
import {
  addImage,
  APP,
  containerOptions,
  testPod,
  type TestRuntime,
} from "../../support/test_runtime.ts";

type Stored = Record<string, unknown> & { id: string; layer: string };
type Kind = "layers" | "images" | "containers";

interface Subject {
  readonly test: TestRuntime;
  readonly root: string;
  /** IDs of what is there. */
  readonly ids: Readonly<
    Record<"image" | "layer" | "pod" | "server" | "own", string>
  >;
  /** Changes records of a kind; what is returned is stored. */
  edit(kind: Kind, change: (records: Stored[]) => void): void;
  layerFile(id: string, name: string): string;
}

/** An image, a pod, and a container in it. */
async function subject(): Promise<Subject> {
  const test = await testPod();
  const { id: server } = await test.runtime.createContainer(containerOptions());
  const root = test.dir.join("root");
  const tableOf = (kind: Kind) => join(root, `overlay-${kind}/${kind}.json`);
  const read = (kind: Kind): Stored[] =>
    JSON.parse(Deno.readTextFileSync(tableOf(kind)));
  const [image] = read("images");
  const layerOf = (id: string) =>
    read("containers").find((one) => one.id === id)?.layer ?? "";
  return {
    ...{ test, root },
    ids: {
      ...{ image: image?.id ?? "", layer: image?.layer ?? "" },
      ...{ pod: "web-pod", server, own: layerOf(server) },
    },
    edit(kind, change) {
      const records = read(kind);
      change(records);
      writeFileSync(tableOf(kind), JSON.stringify(records));
    },
    layerFile: (id, name) => join(root, "overlay", id, name),
  };
}

const CASES: Readonly<
  Record<string, readonly [(s: Subject) => unknown, readonly string[]]>
> = {
  "nothing": [() => {}, []],
  "an image's layer without files": [
    ({ layerFile, ids }) =>
      Deno.removeSync(layerFile(ids.layer, "diff"), { recursive: true }),
    [
      "layer <layer> | damaged | content | <root>/overlay/<layer>/diff: it is missing | Pull it again: orlop pull localhost/app:1",
    ],
  ],
  "a container's layer without files": [
    ({ layerFile, ids }) =>
      Deno.removeSync(layerFile(ids.own, "diff"), { recursive: true }),
    [
      "layer <own> | damaged | content | <root>/overlay/<own>/diff: it is missing | Replace it: orlop rm server, then create it again",
    ],
  ],
  "that of a container of podman's": [
    ({ layerFile, ids, edit }) => {
      edit("containers", (all) => {
        for (const one of all) {
          if (one.id !== ids.server) continue;
          const names = { "image-id": "i", name: "server" };
          one["metadata"] = JSON.stringify(names);
        }
      });
      Deno.removeSync(layerFile(ids.own, "diff"), { recursive: true });
    },
    [
      "layer <own> | damaged | content | <root>/overlay/<own>/diff: it is missing | Replace it: podman rm server, then create it again",
    ],
  ],
  "that of somebody's": [
    ({ layerFile, ids, edit }) => {
      edit("containers", (all) => {
        for (const one of all) {
          if (one.id !== ids.server) continue;
          one["metadata"] = "";
          delete one["names"];
        }
      });
      Deno.removeSync(layerFile(ids.own, "diff"), { recursive: true });
    },
    [
      "layer <own> | damaged | content | <root>/overlay/<own>/diff: it is missing | Replace it: remove container <server> with the tool that made it, then create it again",
    ],
  ],
  "a layer that nobody uses": [
    ({ layerFile, ids, edit, root }) => {
      edit("containers", (all) => {
        const index = all.findIndex(({ id }) => id === ids.server);
        all.splice(index, 1);
      });
      const directory = join(root, "overlay-containers", ids.server);
      Deno.removeSync(directory, { recursive: true });
      Deno.removeSync(layerFile(ids.own, "diff"), { recursive: true });
    },
    [
      "layer <own> | damaged | content | <root>/overlay/<own>/diff: it is missing | Nothing uses it: orlop gc removes it after a day",
      "leftover <run>/overlay-containers/<server> | leftover | It does no harm; remove it: orlop gc",
    ],
  ],
  "a short name that leads elsewhere": [
    ({ layerFile, ids, root }) => {
      const name = Deno.readTextFileSync(layerFile(ids.layer, "link"));
      Deno.removeSync(join(root, "overlay/l", name));
      Deno.symlinkSync("../elsewhere/diff", join(root, "overlay/l", name));
    },
    [
      "layer <layer> | damaged | names | <root>/overlay/l/<short>: it does not point to its layer | Pull it again: orlop pull localhost/app:1",
      "leftover <root>/overlay/l/<short> | leftover | It does no harm; remove it: orlop gc",
    ],
  ],
  "a short name of two": [
    ({ layerFile, ids }) =>
      Deno.copyFileSync(
        layerFile(ids.layer, "link"),
        layerFile(ids.own, "link"),
      ),
    [
      "layer <layer> | damaged | names | <root>/overlay/<layer>/link: layer <own> has the same short name | Pull it again: orlop pull localhost/app:1",
      "layer <own> | damaged | names | <root>/overlay/<own>/link: layer <layer> has the same short name | Replace it: orlop rm server, then create it again",
    ],
  ],
  "an item of a layer": [
    ({ edit, ids }) =>
      edit("layers", (all) => {
        for (const one of all) {
          if (one.id === ids.layer) one["big-data-names"] = ["some"];
        }
      }),
    [
      "layer <layer> | damaged | content | <root>/overlay-layers/<layer>/some: it is missing | Pull it again: orlop pull localhost/app:1",
    ],
  ],
  "an item of an image that is shorter": [
    ({ root, ids }) =>
      Deno.truncateSync(join(root, "overlay-images", ids.image, "manifest"), 9),
    [
      "image <image> | localhost/app:1 | damaged | content | <root>/overlay-images/<image>/manifest: it has 9 bytes, not 401 | Pull it again: orlop pull localhost/app:1",
    ],
  ],
  "an item of an image that is missing": [
    ({ root, ids }) =>
      Deno.removeSync(join(root, "overlay-images", ids.image, "manifest")),
    [
      "image <image> | localhost/app:1 | damaged | content | <root>/overlay-images/<image>/manifest: it is missing | Pull it again: orlop pull localhost/app:1",
    ],
  ],
  "an image whose layer is gone": [
    ({ edit, ids }) =>
      edit("images", (all) => {
        for (const one of all) {
          if (one.id === ids.image) one.layer = "f".repeat(64);
        }
      }),
    [
      "image <image> | localhost/app:1 | damaged | content | its layer <none> is gone | Pull it again: orlop pull localhost/app:1",
    ],
  ],
  "the pause image": [
    ({ edit, ids }) =>
      edit("images", (all) => {
        for (const one of all) {
          if (one.id !== ids.image) continue;
          Object.assign(one, { layer: "f", names: ["a", PAUSE_IMAGE_NAME] });
        }
      }),
    [
      "image <image> | a | damaged | content | its layer f is gone | Make it again: orlop check --full --repair",
    ],
  ],
  "an image without a name": [
    ({ edit, ids }) =>
      edit("images", (all) => {
        for (const one of all) {
          if (one.id !== ids.image) continue;
          one.layer = "f";
          delete one["names"];
        }
      }),
    [
      "image <image> | damaged | content | its layer f is gone | Pull it again: orlop pull <image>",
    ],
  ],
  "a name that two images have": [
    async ({ test, edit }) => {
      await addImage(test.agent, { names: ["other:1"], config: { a: 1 } });
      edit("images", (all) => {
        for (const one of all) one["names"] = [APP];
      });
    },
    [
      "image <image> | localhost/app:1 | damaged | shared name | image <other> has its name localhost/app:1, too | Pull it again: orlop pull localhost/app:1",
      "image <other> | localhost/app:1 | damaged | shared name | image <image> has its name localhost/app:1, too | Pull it again: orlop pull localhost/app:1",
    ],
  ],
  "a container without its layer": [
    ({ edit, ids }) =>
      edit("containers", (all) => {
        for (const one of all) {
          if (one.id === ids.server) one.layer = "f".repeat(64);
        }
      }),
    [
      "container <server> | server | damaged | content | its layer <none> is gone | Only its record is left: orlop rm server",
    ],
  ],
  "a container that is being made": [
    ({ edit, ids }) =>
      edit("containers", (all) => {
        for (const one of all) {
          if (one.id === ids.server) {
            one["flags"] = { "orlop-incomplete": true };
          }
        }
      }),
    [
      "container <server> | server | leftover | its creation or removal was interrupted | It does no harm; remove it: orlop gc",
    ],
  ],
  "a template that is a folder": [
    ({ root, ids }) => {
      const path = join(
        ...[root, "overlay-containers", ids.server, "userdata/config.json"],
      );
      Deno.removeSync(path);
      Deno.mkdirSync(path);
    },
    [
      "container <server> | server | damaged | content | <root>/overlay-containers/<server>/userdata/config.json: it is no file | Remove the file, if it is there: orlop start server creates it again from the image, without its own settings",
    ],
  ],
  "a mount of a layer that nobody counts": [
    ({ test, layerFile, ids }) => mount(test, layerFile(ids.own, "merged")),
    [
      "mount <root>/overlay/<own>/merged | leftover | it is not counted | If it is not needed: umount <root>/overlay/<own>/merged",
    ],
  ],
  "a mount of no layer": [
    ({ test, layerFile }) => mount(test, layerFile("other", "merged")),
    [
      "mount <root>/overlay/other/merged | leftover | it belongs to no layer | If it is not needed: umount <root>/overlay/other/merged",
    ],
  ],
  "a table that is damaged": [
    ({ root }) =>
      Deno.writeTextFileSync(join(root, "overlay-images/images.json"), "{"),
    [
      `table <root>/overlay-images/images.json | damaged | content | Cannot read "<root>/overlay-images/images.json": <why>; nothing was changed: restore the file from a backup | Until it is repaired, orlop changes nothing in this store`,
      'table <root>/overlay-images/images.json | damaged | content | "<root>/overlay-images/images.json" is inconsistent: it names no image, and container "<pod>" was made from one; repair that first, or use a store of its own: --root | Until it is repaired, orlop changes nothing in this store',
    ],
  ],
  "what stands where a lock is": [
    ({ root }) => {
      const path = join(root, "overlay-images/images.lock");
      Deno.removeSync(path);
      Deno.mkdirSync(join(path, "a"), { recursive: true });
    },
    [
      'table <root>/overlay-images/images.lock | damaged | content | Cannot lock "<root>/overlay-images/images.lock": it is a directory; nothing was changed | Remove what is there, or let it be done: orlop check --repair',
    ],
  ],
  "a layer without a record": [
    ({ root }) => Deno.mkdirSync(join(root, "overlay", "d".repeat(64))),
    [
      "leftover <root>/overlay/<none> | leftover | It does no harm; remove it: orlop gc",
    ],
  ],
};

async function mount({ mounter }: TestRuntime, target: string): Promise<void> {
  await mounter.mount({
    ...{ source: "overlay", target, type: "overlay", flags: [], data: "" },
  });
}

/** One line for an object, with words for what is different each time. */
function say(
  { test, root, ids }: Subject,
  { kind, id, name, state, damage, faults, advice }: CheckedObject,
): string {
  const words = { ...ids, root, run: test.dir.join("run") };
  const line = [`${kind} ${id}`, name, state, damage, ...faults, advice]
    .filter(Boolean).join(" | ");
  return Object.entries(words)
    .reduce((text, [word, value]) => text.replaceAll(value, `<${word}>`), line)
    .replace(/(?<=\/l\/)[A-Z0-9]{26}/g, "<short>")
    .replace(/Expected .*?\)(?=;)/, "<why>") // in words of the JavaScript engine
    .replace(
      /[0-9a-f]{64}/g,
      (hex) => /^(.)\1*$/.test(hex) ? "<none>" : "<other>",
    );
}

Deno.test("checkStore() reports what is wrong, and what to do", async (t) => {
  for (const [name, [damage, expected]] of Object.entries(CASES)) {
    await t.step(name, async () => {
      const made = await subject();
      using test = made.test;
      await damage(made);
      const { objects, status, ...others } = await checkStore(
        test.reopen().agent,
      );
      const bad = objects.filter(({ state }) => state !== "ok");
      assertEquals(bad.map((object) => say(made, object)), [...expected]);
      assertEquals(
        status.damaged,
        bad.filter(({ state }) => state === "damaged")
          .map(({ kind, name, id, faults }) =>
            `${kind} ${name || id}: ${faults.join()}`
          ),
      );
      const left = bad.filter(({ state }) => state === "leftover");
      assertEquals(status.leftovers, left.length);
      assertEquals(status.checked, objects.length);
      assertEquals([status.depth, others], ["quick", {
        ...{ unread: 0, unverifiable: 0 },
      }]);
      assertEquals(readCheckStatus(test.agent.store.paths), status);
    });
  }
});
