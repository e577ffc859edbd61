import { assert, assertEquals, assertRejects } from "@std/assert";
import type { PartRules } from "../../../src/engine/part_rules.ts";
import {
  BlobParts,
  type BlobPartsOptions,
} from "../../../src/engine/transfer/blob_parts.ts";
import {
  NoSpaceError,
  RegistryError,
} from "../../../src/errors/image_errors.ts";
import type { Bytes } from "../../../src/formats/bytes.ts";
import type { BlobSource } from "../../../src/formats/oci/blob_source.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";

const BLOB = Uint8Array.from({ length: 100 }, (_, index) => index);
// Whatever comes is slow, at once.
const RULES = {
  ...{ connections: 3, above: 40, slowBelow: Infinity, watchMs: 0.001 },
  partBytes: 10,
};

interface Asked {
  readonly offset: number;
  readonly end: number;
}

interface Given {
  readonly rules?: PartRules;
  readonly isTaken?: boolean;
  readonly openRange?: BlobSource["openRange"];
  readonly write?: (bytes: Bytes) => void;
}

/** Parts of a blob of 100 bytes, of which the first connection brought some. */
function newParts(given: Given = {}) {
  const asked: Asked[] = [];
  const written: number[] = [];
  const turn = { isTaken: given.isTaken ?? false };
  let begun = 0;
  const openRange: BlobSource["openRange"] = (
    blob,
    { offset, end, signal },
  ) => {
    asked.push({ offset, end });
    if (given.openRange !== undefined) {
      return given.openRange(blob, { offset, end, signal });
    }
    return Promise.resolve(streamOf(BLOB.slice(offset, end)));
  };
  const options: BlobPartsOptions = {
    source: {
      open: () => Promise.reject(new Error("the first is open")),
      ..."openRange" in given && given.openRange === undefined
        ? {}
        : { openRange },
    },
    blob: {
      ...{ digest: digestOf(BLOB), size: BLOB.length },
      mediaType: "application/octet-stream",
    },
    retry: { attempts: 1, delayMs: 0 } as BlobPartsOptions["retry"],
    rules: { ...RULES, ...given.rules },
    turn,
    write(bytes) {
      given.write?.(bytes);
      written.push(...bytes);
      parts.observe(written.length);
    },
    onBegin: () => void begun++,
    onRetry: () => {},
  };
  const parts = new BlobParts(options);
  /** The first connection brings what comes before the parts. */
  const bring = (end: number) => {
    written.push(...BLOB.slice(written.length, end));
    parts.observe(written.length);
    // Nothing came for a moment: that is as slow as can be.
    const now = performance.now();
    while (performance.now() < now + 0.002);
    parts.observe(written.length);
  };
  return { parts, asked, written, turn, bring, begun: () => begun };
}

function streamOf(bytes: Bytes): ReadableStream<Bytes> {
  return new Blob([bytes]).stream();
}

/** The turns of all who wait. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

Deno.test("BlobParts fetches the end of a blob, in parts", async () => {
  const { parts, asked, written, turn, bring, begun } = newParts();
  {
    await using _ended = parts;
    bring(7);
    assert(turn.isTaken);
    await settle();
    const { begin } = parts;
    assert(begin >= 17 && begin < 100, String(begin));
    assertEquals(begun(), 1);
    bring(begin);
    assertEquals(await parts.finish(), 100);
    assertEquals(written, [...BLOB]);
    const starts = asked.map(({ offset }) => offset);
    assertEquals(starts[0], begin);
    assertEquals(starts, starts.toSorted((a, b) => a - b));
    assert(
      asked.every(({ offset, end }) => end === Math.min(offset + 10, 100)),
    );
  }
  assert(!turn.isTaken);
});

Deno.test("BlobParts asks for none where that is no gain", async (t) => {
  const cases: readonly (readonly [string, Given, number])[] = [
    ["one connection", { rules: { connections: 1 } }, 7],
    ["a source that gives none", { openRange: undefined }, 7],
    ["little is left", { rules: { above: 94 } }, 7],
    ["another blob has its turn", { isTaken: true }, 7],
    ["a connection that is fast", { rules: { slowBelow: -1 } }, 7],
    ["one that was not watched yet", { rules: { watchMs: 60_000 } }, 7],
  ];
  for (const [name, given, end] of cases) {
    await t.step(name, async () => {
      const { parts, asked, turn, bring, begun } = newParts(given);
      await using _ended = parts;
      bring(end);
      await settle();
      assertEquals([asked, begun(), parts.begin], [[], 0, 100]);
      assertEquals(turn.isTaken, given.isTaken ?? false);
      assertEquals(await parts.finish(), 100);
    });
  }
});

Deno.test("BlobParts asks for parts if just enough is left", async () => {
  const { parts, asked, bring } = newParts({ rules: { above: 93 } });
  await using _ended = parts;
  bring(7);
  await settle();
  assert(asked.length > 0);
});

Deno.test("BlobParts asks no server again that gives none", async (t) => {
  const cases = {
    "none": () => Promise.resolve(undefined),
    "an error": () => Promise.reject(new Error("no")),
  };
  for (const [name, openRange] of Object.entries(cases)) {
    await t.step(name, async () => {
      const { parts, asked, turn, bring, begun } = newParts({ openRange });
      await using _ended = parts;
      bring(7);
      await settle();
      assert(!turn.isTaken);
      bring(20);
      await settle();
      assertEquals([asked.length, begun(), parts.begin], [1, 0, 100]);
    });
  }
});

Deno.test("BlobParts reports how far it came if a server breaks off", async () => {
  let count = 0;
  const { parts, written, bring } = newParts({
    openRange: (_, { offset, end }) => {
      if (++count === 1) {
        return Promise.resolve(streamOf(BLOB.slice(offset, end)));
      }
      return Promise.reject(new RegistryError("gone", { reason: "malformed" }));
    },
  });
  await using _ended = parts;
  bring(7);
  await settle();
  bring(17);
  assertEquals(await parts.finish(), 27);
  assertEquals(written, [...BLOB.slice(0, 27)]);
});

Deno.test("BlobParts fails if the disk is full", async () => {
  const { parts, bring } = newParts({
    write() {
      throw new NoSpaceError("full");
    },
  });
  await using _ended = parts;
  bring(7);
  await settle();
  bring(17);
  await assertRejects(() => parts.finish(), NoSpaceError, "full");
});
