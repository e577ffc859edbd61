import { assertEquals } from "@std/assert";
import type { VerifiedLayer } from "../../../src/engine/check/check_status.ts";
import {
  chooseLayers,
  readContent,
} from "../../../src/engine/check/read_content.ts";
import { pullImage } from "../../../src/engine/transfer/pull_image.ts";
import { READ_LOCKS } from "../../../src/store/records/tables.ts";
import type { LayerRecord } from "../../../src/formats/storage/store_record.ts";
import { parseLayerRecords } from "../../../src/formats/storage/store_record.ts";
import { writeTestLayout } from "../../support/images/test_layout.ts";
import { needs } from "../../support/peers.ts";
import { storeAgent } from "../../support/store_agent.ts";

const [A, B, C] = ["a", "b", "c"].map((hex) => hex.repeat(64)) as [
  string,
  string,
  string,
];
const RECORDS: readonly LayerRecord[] = parseLayerRecords(
  JSON.stringify([A, B, C].map((id) => ({ id }))),
);

/** By a clock that was wrong then. */
const AHEAD: VerifiedLayer = { time: "2999-01-01T00:00:00.000Z", faults: [] };

Deno.test("chooseLayers() begins with damage, then with what waits longest", async (t) => {
  const at = (day: number, ...faults: readonly string[]): VerifiedLayer => ({
    time: `2026-01-0${day}T00:00:00.000Z`,
    faults,
  });
  const table: readonly [
    verified: Readonly<Record<string, VerifiedLayer>>,
    full: readonly string[],
    quick: readonly string[],
  ][] = [
    [{}, [A, B, C], []],
    [{ [A]: at(3), [B]: at(2), [C]: at(1) }, [C, B, A], []],
    [{ [A]: at(1) }, [B, C, A], []],
    [{ [A]: at(1), [B]: at(2), [C]: at(3, "x") }, [C, A, B], [C]],
    [{ [A]: at(1), [B]: at(2), [C]: AHEAD }, [C, A, B], []],
    [{ [A]: at(2, "x"), [B]: at(3), [C]: at(1, "x") }, [C, A, B], [A, C]],
  ];
  for (const [verified, full, quick] of table) {
    await t.step(`${full.map((id) => id[0])}`, () => {
      const known = new Map(Object.entries(verified));
      const idsFor = (depth: "full" | "quick") =>
        chooseLayers(RECORDS, known, { depth }).map(({ id }) => id);
      assertEquals(idsFor("full"), full);
      assertEquals(idsFor("quick"), quick);
    });
  }
});

Deno.test("chooseLayers() leaves out what was found whole since", () => {
  const read = (time: string, ...faults: readonly string[]) => ({
    time,
    faults,
  });
  const known = new Map([
    [A, read("2026-01-02T00:00:00.000Z")],
    [B, read("2026-01-03T00:00:00.000Z", "x")],
    [C, read("2026-01-01T00:00:00.000Z")],
  ]);
  const since = "2026-01-02T00:00:00.000Z";
  const chosen = chooseLayers(RECORDS, known, { depth: "full", since });
  assertEquals(chosen.map(({ id }) => id), [B, C]);
});

Deno.test("readContent() reports how far it is, and how many are left", {
  ...needs("root", "tar"),
}, async () => {
  using made = storeAgent();
  const { agent, dir } = made;
  await writeTestLayout(dir.join("layout"));
  await pullImage(agent, `oci:${dir.join("layout")}`);
  const layers = await (async () => {
    using held = await agent.store.lock(READ_LOCKS, { purpose: "examine" });
    return [...held.layers.records];
  })();
  const seen: string[] = [];
  const verified: string[] = [];
  const options = {
    layers,
    onVerified: (id: string) => void verified.push(id),
    onLayer: (
      { id, position, count }: { id: string; position: number; count: number },
    ) => void seen.push(`${id} ${position}/${count}`),
  };
  const ids = layers.map(({ id }) => id);
  assertEquals(await readContent(agent, { ...options, deadlineMs: 0 }), 2);
  assertEquals(seen, []);
  assertEquals(
    await readContent(agent, { ...options, deadlineMs: Infinity }),
    0,
  );
  assertEquals(seen, [`${ids[0]} 1/2`, `${ids[1]} 2/2`]);
  assertEquals(verified, ids);
  // The first takes all the time there is.
  const deadlineMs = Date.now() + 20;
  const waitForIt = () => {
    while (Date.now() < deadlineMs);
  };
  const rest = { ...options, deadlineMs, onLayer: waitForIt };
  assertEquals(await readContent(agent, rest), 1);
  assertEquals(verified, [...ids, ...ids.slice(0, 1)]);
});
