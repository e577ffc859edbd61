import { assert, assertEquals } from "@std/assert";
import type { PullEvent } from "../../../src/engine/progress/pull_event.ts";
import {
  advancePull,
  NO_PULL,
  sumBytes,
} from "../../../src/engine/progress/pull_state.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { toBytes } from "../../../src/formats/bytes.ts";

const [A, B, C] = ["a", "b", "c"].map((text) => digestOf(toBytes(text)));
assert(A !== undefined && B !== undefined && C !== undefined);
const START: PullEvent = {
  kind: "start",
  name: "q.test/a:1",
  layers: [
    { digest: A, size: 10, present: false },
    { digest: B, size: 20, present: true },
    { digest: C, size: 40, present: false },
  ],
};

Deno.test("advancePull() follows each layer", async (t) => {
  const started = advancePull(NO_PULL, START);
  const others = [
    { digest: B, size: 20, received: 0, phase: "present" },
    { digest: C, size: 40, received: 0, phase: "waiting" },
  ] as const;
  const cases: readonly (readonly [PullEvent, number, string])[] = [
    [{ kind: "download", digest: A, received: 4, size: 10 }, 4, "downloading"],
    [{ kind: "download", digest: A, received: 9, size: 10 }, 9, "downloading"],
    [{ kind: "download", digest: A, received: 10, size: 10 }, 10, "unpacking"],
    [{ kind: "unpacked", digest: A }, 10, "unpacked"],
    [{ kind: "committed", digest: A }, 10, "done"],
    [{ kind: "retry", digest: A, reason: "why" }, 0, "waiting"],
  ];
  for (const [event, received, phase] of cases) {
    await t.step(`${event.kind} ${received}`, () => {
      assertEquals(advancePull(started, event), {
        name: "q.test/a:1",
        layers: [
          { digest: A, size: 10, received, phase: phase as "done" },
          ...others,
        ],
      });
    });
  }
  await t.step("a retry keeps what came", () => {
    const half = advancePull(started, {
      ...{ kind: "download", digest: A, received: 4, size: 10 },
    });
    const [first] = advancePull(half, {
      ...{ kind: "retry", digest: A, reason: "why" },
    }).layers;
    assertEquals([first?.received, first?.phase], [4, "waiting"]);
  });
  await t.step("a start forgets the one before", () => {
    const again = advancePull(started, { ...START, name: "b", layers: [] });
    assertEquals(again, { name: "b", layers: [] });
  });
});

Deno.test("sumBytes() counts what is fetched, not what is present", () => {
  const started = advancePull(NO_PULL, START);
  assertEquals(sumBytes(started), { received: 0, size: 50 });
  const event = {
    kind: "download",
    digest: C,
    received: 15,
    size: 40,
  } as const;
  assertEquals(sumBytes(advancePull(started, event)), {
    ...{ received: 15, size: 50 },
  });
  assertEquals(sumBytes(NO_PULL), { received: 0, size: 0 });
});
