import { assertEquals } from "@std/assert";
import type { CleanupFacts } from "../../../src/engine/cleanup/cleanup_facts.ts";
import type { CleanupRequest } from "../../../src/engine/cleanup/cleanup_plan.ts";
import { planCleanup } from "../../../src/engine/cleanup/plan_cleanup.ts";
import {
  container,
  DAY,
  facts,
  HOUR,
  image,
  layer,
  leftover,
  NOW,
} from "../../support/cleanup_facts.ts";

interface PlanCase {
  readonly name: string;
  readonly given: CleanupFacts;
  readonly request?: CleanupRequest;
  /** `kind id bytes`, in order. */
  readonly goes: readonly string[];
  /** `id: reason`; left out, it does not matter. */
  readonly stays?: readonly string[];
}

async function check(
  t: Deno.TestContext,
  cases: readonly PlanCase[],
): Promise<void> {
  for (const { name, given, request, goes, stays } of cases) {
    await t.step(name, () => {
      const { items, kept, bytes } = planCleanup(given, request);
      const found = items.map(({ kind, id, bytes }) =>
        `${kind} ${id} ${bytes}`
      );
      assertEquals(found, goes);
      assertEquals(bytes, items.reduce((sum, item) => sum + item.bytes, 0));
      if (stays === undefined) return;
      assertEquals(kept.map(({ id, reason }) => `${id}: ${reason}`), stays);
    });
  }
}

/** Three images without shared layers, used 3, 2 and 1 days ago. */
const THREE = facts({
  layers: ["a", "b", "c"].map((id) => layer(`${id}-top`, { bytes: 100 })),
  images: [
    image("b", { lastUsedMs: NOW - 2 * DAY }),
    image("c", { lastUsedMs: NOW - DAY }),
    image("a", { lastUsedMs: NOW - 3 * DAY }),
  ],
});

Deno.test("planCleanup() takes what no one needs", (t) =>
  check(t, [
    { name: "nothing of an empty store", given: facts(), goes: [] },
    { name: "no image with a name", given: THREE, goes: [], stays: [] },
    {
      name: "leftovers that nothing uses",
      given: facts({
        leftovers: [leftover("/x"), leftover("/y", { holder: "a pull" })],
      }),
      goes: ["leftover /x 3"],
      stays: ["/y: a pull uses it"],
    },
    {
      name: "downloads once they are old",
      given: facts({
        leftovers: [
          leftover("/new", { kind: "download", changedMs: NOW - 23 * HOUR }),
          leftover("/old", { kind: "download", changedMs: NOW - 25 * HOUR }),
        ],
      }),
      goes: ["leftover /old 3"],
      stays: [],
    },
    {
      name: "old layers without an image, from the top down",
      given: facts({
        layers: [
          layer("base"),
          layer("top", { parent: "base" }),
          layer("young", { createdMs: NOW - HOUR, parent: "below" }),
          layer("below"),
          layer("leased", { holder: "a pull" }),
        ],
      }),
      goes: ["layer top 10", "layer base 10"],
    },
    {
      name: "no old layer below a young one's chain",
      given: facts({
        layers: [
          layer("base", { createdMs: NOW - HOUR }),
          layer("top", { parent: "base" }),
        ],
      }),
      goes: ["layer top 10"],
    },
    {
      name: "dangling images, and only the layers that are theirs",
      given: facts({
        layers: [
          layer("shared"),
          layer("a-top", { parent: "shared" }),
          layer("b-top", { parent: "shared" }),
        ],
        images: [image("a", { names: [] }), image("b")],
      }),
      goes: ["dangling image a 11"],
      stays: [],
    },
    {
      name: "shared layers with the last of their images",
      given: facts({
        layers: [
          layer("shared"),
          layer("a-top", { parent: "shared" }),
          layer("b-top", { parent: "shared" }),
        ],
        images: ["a", "b"].map((id) => image(id, { names: [] })),
      }),
      goes: ["dangling image a 11", "dangling image b 21"],
    },
    {
      name: "steps of a build after what was built of them",
      given: facts({
        layers: [layer("step-top"), layer("end-top", { parent: "step-top" })],
        images: [
          image("step", { names: [], children: ["end"] }),
          image("end", { names: [], lastUsedMs: NOW - DAY }),
        ],
      }),
      goes: ["dangling image end 11", "dangling image step 11"],
    },
    {
      name: "layers mapped for other users as well",
      given: facts({
        layers: [layer("a-top"), layer("a-mapped")],
        images: [image("a", { names: [], tops: ["a-top", "a-mapped"] })],
      }),
      goes: ["dangling image a 21"],
    },
  ]));

Deno.test("planCleanup() leaves alone what somebody needs", (t) => {
  const dangling = { names: [] };
  const one = (changes: Partial<ReturnType<typeof image>>) =>
    facts({
      layers: [layer("a-top")],
      images: [image("a", { ...dangling, ...changes })],
    });
  return check(t, [
    {
      name: "pinned images",
      given: one({ isPinned: true }),
      goes: [],
      stays: ["a: it is pinned"],
    },
    {
      name: "mounted images",
      given: one({ holder: 'the mount "/m"' }),
      goes: [],
      stays: ['a: the mount "/m" uses it'],
    },
    {
      name: "images of containers, of whatever tool",
      given: {
        ...one({}),
        containers: [container("web", "a", { state: "foreign", podId: "" })],
      },
      goes: [],
      stays: ['a: container "web" uses it'],
    },
    {
      name: "steps of a build that is there",
      given: facts({
        layers: [layer("a-top"), layer("b-top", { parent: "a-top" })],
        images: [image("a", { ...dangling, children: ["b"] }), image("b")],
      }),
      goes: [],
      stays: ['a: image "b" was built on it'],
    },
    {
      name: "what another tool made just now",
      given: one({ isNoted: false, lastUsedMs: NOW - HOUR / 2 }),
      goes: [],
      stays: ["a: it is less than an hour old, and of another tool"],
    },
    {
      name: "layers that are being pulled, below an image that goes",
      given: facts({
        layers: [
          layer("base", { holder: "a pull" }),
          layer("a-top", { parent: "base" }),
        ],
        images: [image("a", dangling)],
      }),
      goes: ["dangling image a 11"],
    },
    {
      name: "all, while the disk is below the high mark",
      given: { ...one({}), leftovers: [leftover("/x")] },
      request: { target: { kind: "marks", high: 0.51, low: 0.1 } },
      goes: [],
      stays: [],
    },
  ]);
});

Deno.test("planCleanup() removes unused images as far as asked", (t) =>
  check(t, [
    {
      name: "all of them, the least recently used first",
      given: THREE,
      request: { images: "unused" },
      goes: [
        "unused image a 101",
        "unused image b 101",
        "unused image c 101",
      ],
    },
    {
      name: "until so many bytes are free",
      given: THREE,
      request: { target: { kind: "free", bytes: 602 } },
      goes: ["unused image a 101", "unused image b 101"],
      stays: [],
    },
    {
      name: "until such a share is free",
      given: THREE,
      request: { target: { kind: "free-share", share: 0.6 } },
      goes: ["unused image a 101"],
    },
    {
      name: "none if that is free already, but leftovers",
      given: { ...THREE, leftovers: [leftover("/x")] },
      request: { target: { kind: "free", bytes: 400 } },
      goes: ["leftover /x 3"],
    },
    {
      name: "from the high mark down to the low one",
      given: THREE,
      request: { target: { kind: "marks", high: 0.5, low: 0.3 } },
      goes: ["unused image a 101", "unused image b 101"],
    },
    {
      name: "those that were not used for long",
      given: THREE,
      request: { olderThanMs: 1.5 * DAY },
      goes: ["unused image a 101", "unused image b 101"],
      stays: ["c: it was used on 2026-06-29 12:00"],
    },
    {
      name: "only dangling ones of those, if told so",
      given: THREE,
      request: { olderThanMs: DAY, images: "dangling" },
      goes: [],
    },
    {
      name: "but the newest of each repository",
      given: facts({
        layers: ["a", "b", "c", "d"].map((id) => layer(`${id}-top`)),
        images: ["a", "b", "c", "d"].map((id, index) =>
          image(id, {
            names: [id === "d" ? "localhost/other:1" : `localhost/app:${id}`],
            createdMs: NOW - index * DAY,
          })
        ),
      }),
      request: { keep: 2 },
      goes: ["unused image c 11"],
      stays: ["a", "b", "d"].map((id) =>
        `${id}: it is one of the newest of its repository`
      ),
    },
  ]));

Deno.test("planCleanup() removes containers that are asked for", (t) => {
  const given = facts({
    layers: [
      layer("a-top"),
      ...["infra", "gone", "idle", "fresh", "busy", "theirs"].map((id) =>
        layer(`${id}-layer`, { parent: "a-top", bytes: 0 })
      ),
    ],
    images: [image("a")],
    containers: [
      container("infra", "a", { podId: "infra" }),
      container("gone", "a", { state: "vanished" }),
      container("idle", "a", { podId: "infra" }),
      container("fresh", "a", { lastUsedMs: NOW - HOUR }),
      container("busy", "a", { state: "active" }),
      container("theirs", "a", { state: "foreign", podId: "" }),
    ],
  });
  const other = facts({
    ...given,
    layers: given.layers.slice(0, 3),
    containers: given.containers.slice(0, 2),
  });
  return check(t, [
    { name: "none by default", given, goes: [] },
    {
      name: "those that nobody will remove",
      given,
      request: { containers: "vanished" },
      goes: ["container gone 5"],
      stays: [],
    },
    {
      name: "those that are not mounted, and their pods at last",
      given,
      request: { containers: "stopped" },
      goes: ["container gone 5", "container idle 5", "container infra 5"],
      stays: ["fresh: it was used on 2026-06-30 11:00"],
    },
    {
      name: "not a pod with a container that stays",
      given: facts({
        containers: [
          container("infra", "a", { podId: "infra" }),
          container("busy", "a", { podId: "infra", state: "active" }),
        ],
      }),
      request: { containers: "stopped" },
      goes: [],
      stays: ['infra: container "busy" of its pod needs it'],
    },
    {
      name: "and then their images",
      given: other,
      request: { containers: "stopped", images: "unused" },
      goes: ["container gone 5", "container infra 5", "unused image a 11"],
    },
  ]);
});

Deno.test("planCleanup() tells by how much a target is missed, and why", () => {
  const given = facts({
    layers: [layer("a-top", { bytes: 100 }), layer("b-top", { bytes: 200 })],
    images: [image("a"), image("b", { isPinned: true })],
  });
  const target = { kind: "free", bytes: 900 } as const;
  const plan = planCleanup(given, { target });
  assertEquals(plan.wanted, 400);
  assertEquals(plan.bytes, 101);
  assertEquals(plan.shortfall, 299);
  assertEquals(plan.kept, [{
    kind: "unused image",
    id: "b",
    name: "localhost/b:1",
    reason: "it is pinned",
    bytes: 201,
  }]);
});

Deno.test("planCleanup() takes leftovers only where a kubelet decides", (t) => {
  const why =
    "orlop serve works on the store: what is not used the kubelet removes";
  const given = facts({
    isServed: true,
    leftovers: [leftover("/x")],
    layers: [layer("a-top"), layer("b-top"), layer("c-top"), layer("old")],
    images: [image("a"), image("b", { names: [] })],
    containers: [
      container("c", "none", { state: "vanished", layerId: "c-top" }),
    ],
  });
  return check(t, [
    {
      name: "without being asked for more",
      given,
      goes: ["leftover /x 3", "layer old 10"],
      stays: [`b: ${why}`],
    },
    {
      name: "whatever is asked for",
      given,
      request: { images: "unused", containers: "stopped", leftoverAgeMs: 0 },
      goes: ["leftover /x 3", "layer old 10"],
      stays: [`c: ${why}`, `b: ${why}`, `a: ${why}`],
    },
  ]);
});
