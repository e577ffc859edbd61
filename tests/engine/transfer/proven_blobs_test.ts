import { assertEquals, assertRejects } from "@std/assert";
import { commitLayer } from "../../../src/engine/transfer/commit_layer.ts";
import {
  isProven,
  noteProven,
} from "../../../src/engine/transfer/proven_blobs.ts";
import type { StagedLayer } from "../../../src/engine/transfer/stage_layer.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { parseLayerId } from "../../../src/formats/storage/store_ids.ts";
import type { LayerRecord } from "../../../src/formats/storage/store_record.ts";
import { createLayer } from "../../../src/store/layers/create_layer.ts";
import { tarSplitPath } from "../../../src/store/paths.ts";
import { storeAgent } from "../../support/store_agent.ts";

const ID = parseLayerId("a".repeat(64));
const [DIFF, PACKED, OTHER] = [
  digestOf("diff"),
  digestOf("packed"),
  digestOf("other"),
];
const FLAG = "orlop-proven-blobs";
const RECORD: LayerRecord = {
  ...{ id: ID, created: "2026-01-02T03:04:05Z" },
  ...{ "diff-digest": DIFF, "diff-size": 20 },
  ...{ "compressed-diff-digest": PACKED, "compressed-size": 10 },
};

const { "diff-size": _, ...UNSIZED } = RECORD;

/** What an image needs of the layer. */
function needed(digest = PACKED, size = 10, diffId = DIFF) {
  const blob = { digest, size, mediaType: "application/octet-stream" };
  return { id: ID, parent: undefined, blob, diffId };
}

Deno.test("isProven() knows a layer by the blobs that it came out of", async (t) => {
  const flagged = (noted: unknown): LayerRecord => ({
    ...{ ...RECORD, flags: { [FLAG]: noted } },
  });
  const cases: readonly (readonly [
    string,
    LayerRecord,
    ReturnType<typeof needed>,
    boolean,
  ])[] = [
    ["its blob", RECORD, needed(), true],
    ["of another size", RECORD, needed(PACKED, 11), false],
    ["with other content", RECORD, needed(PACKED, 10, OTHER), false],
    ["its tar", RECORD, needed(DIFF, 20), true],
    ["a tar of another size", RECORD, needed(DIFF, 10), false],
    ["another blob", RECORD, needed(OTHER, 10), false],
    [
      "one that is noted",
      flagged([{ digest: OTHER, size: 5 }]),
      needed(OTHER, 5),
      true,
    ],
    [
      "noted with another size",
      flagged([{ digest: OTHER, size: 5 }]),
      needed(OTHER, 6),
      false,
    ],
    [
      "a note that is none",
      flagged({ digest: OTHER, size: 5 }),
      needed(OTHER, 5),
      false,
    ],
    [
      "one without a size",
      flagged([{ digest: OTHER }]),
      needed(OTHER, 5),
      false,
    ],
    ["one of null", flagged([null]), needed(OTHER, 5), false],
    [
      "one of a number",
      flagged([{ digest: 5, size: 5 }]),
      needed(OTHER, 5),
      false,
    ],
    ...[0, -1].map((size) =>
      [
        `a size of ${size}, which another tool wrote`,
        { ...RECORD, "compressed-size": size },
        needed(PACKED, 99),
        true,
      ] as const
    ),
    ["no size", UNSIZED, needed(DIFF, 99), true],
    ["a size of 1", { ...RECORD, "diff-size": 1 }, needed(DIFF, 99), false],
  ];
  for (const [name, record, wanted, expected] of cases) {
    await t.step(name, () => assertEquals(isProven(record, wanted), expected));
  }
});

Deno.test("noteProven() keeps the latest 16 blobs", async () => {
  using test = storeAgent();
  const { store } = test.agent;
  using held = await store.lock({ layers: "write" });
  const { layers } = held;
  await createLayer(store, layers, { id: ID });
  for (let size = 1; size <= 18; size++) {
    const record = layers.get(ID);
    if (record !== undefined) {
      noteProven(layers, record, needed(OTHER, size).blob);
    }
  }
  assertEquals(
    layers.get(ID)?.flags?.[FLAG],
    Array.from(
      { length: 16 },
      (_, index) => ({ digest: OTHER, size: 18 - index }),
    ),
  );
});

/** What was unpacked of a blob, and is not needed. */
function stagedIn(directory: string): StagedLayer {
  return {
    directory,
    unpacked: {
      ...{ diffId: DIFF, diffSize: 20, compression: "gzip" },
      ...{ compressedDigest: OTHER, compressedSize: 7, uids: [], gids: [] },
      root: undefined,
    } as unknown as StagedLayer["unpacked"],
    forgetBlob: () => {},
    [Symbol.dispose]: () => {},
  };
}

Deno.test("commitLayer() notes another blob of a layer that is there", async (t) => {
  using test = storeAgent();
  const { agent } = test;
  {
    using held = await agent.store.lock({ layers: "write" });
    const { layers } = held;
    await createLayer(agent.store, layers, { id: ID });
    layers.update({ ...RECORD, ...layers.get(ID), "diff-digest": DIFF });
    layers.save();
  }
  await Deno.writeTextFile(tarSplitPath(agent.store.paths, ID), "not empty");
  const flagsIn = async () => {
    using held = await test.reopen().store.lock({ layers: "read" });
    return held.layers.records.map(({ flags }) => flags?.[FLAG]);
  };
  const staged = stagedIn(test.dir.path);
  await t.step("once", async () => {
    for (let time = 0; time < 2; time++) {
      await commitLayer(agent, { needed: needed(OTHER, 7), staged });
    }
    assertEquals(await flagsIn(), [[{ digest: OTHER, size: 7 }]]);
  });
  await t.step("but none with other content", async () => {
    const error = await assertRejects(() =>
      commitLayer(agent, { needed: needed(PACKED, 8, OTHER), staged })
    );
    assertEquals(
      (error as Error).message,
      `Cannot store layer "${PACKED}": layer "${ID}" of the store has ` +
        `uncompressed digest ${DIFF}, not ${OTHER}; remove the images that ` +
        "use it, then pull again",
    );
    assertEquals(await flagsIn(), [[{ digest: OTHER, size: 7 }]]);
  });
  await t.step("and brings what is missing of it", async () => {
    const path = tarSplitPath(agent.store.paths, ID);
    await Deno.remove(path);
    await Deno.mkdir(test.dir.join("staged/diff"), { recursive: true });
    await Deno.writeTextFile(test.dir.join("staged/tar-split.gz"), "a list");
    await commitLayer(agent, {
      needed: needed(OTHER, 7),
      staged: stagedIn(test.dir.join("staged")),
    });
    assertEquals(await Deno.readTextFile(path), "a list");
    assertEquals(
      test.messages.filter((line) => line.startsWith("warn: ")),
      [`warn: Repaired layer "${ID}": files were missing`],
    );
  });
});
