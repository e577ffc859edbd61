import { assertEquals } from "@std/assert";
import { findChildren } from "../../../src/engine/images/image_children.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import {
  parseImageId,
  parseLayerId,
} from "../../../src/formats/storage/store_ids.ts";
import type {
  ImageRecord,
  LayerRecord,
} from "../../../src/formats/storage/store_record.ts";
import type { ReadTables } from "../../../src/store/records/tables.ts";
import { memoryAgent } from "../../support/memory/memory_store.ts";

const BASE = parseLayerId("a".repeat(64));
const TOP = parseLayerId("b".repeat(64));
const OTHER = parseLayerId("c".repeat(64));
const STEP = { "created_by": "one" };
const NEXT = { "created_by": "two" };

interface Made {
  readonly layer?: typeof BASE | undefined;
  readonly names?: readonly string[];
  /** Undefined for no config, a text for a damaged one. */
  readonly history?: readonly unknown[] | string | undefined;
}

Deno.test("findChildren() finds what was built on an image", async (t) => {
  const parent: Made = { layer: BASE, names: [], history: [STEP] };
  const whole: Made = { layer: TOP, history: [STEP, NEXT] };
  const cases: Readonly<Record<string, readonly [Made, Made, boolean]>> = {
    "with one more layer": [parent, whole, true],
    "with one more layer, and the same history": [
      parent,
      { ...whole, history: [STEP] },
      true,
    ],
    "with one more step": [parent, { ...whole, layer: BASE }, true],
    "no more than a copy": [parent, { ...parent }, false],
    "with another history": [
      parent,
      { ...whole, history: [NEXT, STEP] },
      false,
    ],
    "with a shorter history": [
      { ...parent, history: [STEP, NEXT] },
      { ...whole, history: [STEP] },
      false,
    ],
    "with other layers": [parent, { ...whole, layer: OTHER }, false],
    "without layers": [parent, { ...whole, layer: undefined }, false],
    "on one that has a name": [{ ...parent, names: ["a"] }, whole, false],
    "on one without layers": [{ ...parent, layer: undefined }, whole, false],
    "without config": [parent, { layer: TOP }, true],
    "without config or a layer": [parent, { layer: BASE }, false],
    "on one without config": [{ layer: BASE }, whole, true],
    "with a damaged config": [parent, { layer: TOP, history: "{" }, true],
  };
  for (const [name, [parent, child, isChild]] of Object.entries(cases)) {
    await t.step(name, () => {
      const agent = memoryAgent();
      const records = [parent, child].map(
        ({ layer, names, history }, index) => {
          const id = parseImageId(`${index}`.repeat(64));
          const key = `sha256:${id}`;
          const text = typeof history === "string" ? history : JSON.stringify({
            ...{ architecture: "amd64", os: "linux", config: {}, history },
            rootfs: { type: "layers", "diff_ids": [] },
          });
          const has = history !== undefined;
          if (has) {
            agent.store.images.writeItems(
              { id, items: [[key, toBytes(text)]] } as never,
            );
          }
          return {
            ...{ id, created: "", names: names ?? [] },
            ...layer && { layer },
            ...has && { "big-data-names": [key] },
          } as ImageRecord;
        },
      );
      const parents = new Map<string | undefined, string | undefined>([
        [BASE, undefined],
        [TOP, BASE],
        [OTHER, undefined],
      ]);
      const layers = {
        get: (id?: string) =>
          parents.has(id)
            ? { id, parent: parents.get(id) } as LayerRecord
            : undefined,
      };
      const tables = { images: { records }, layers } as unknown as ReadTables;
      const [own] = records;
      const found = own === undefined ? [] : findChildren(agent, tables, own);
      assertEquals(found, isChild ? records.slice(1) : []);
    });
  }
});
