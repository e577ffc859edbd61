import { assertEquals } from "@std/assert";
import {
  findNewest,
  type ImageRules,
  whyContainerStays,
  whyImageStays,
} from "../../../src/engine/cleanup/why_kept.ts";
import {
  container,
  DAY,
  facts,
  HOUR,
  image,
  NOW,
} from "../../support/cleanup_facts.ts";

const RULES: ImageRules = {
  ...{ now: NOW, olderThanMs: 0, users: [], isServed: false },
  ...{ newest: new Set<string>(), gone: new Set<string>() },
};
const SERVED =
  "orlop serve works on the store: what is not used the kubelet removes";

Deno.test("whyImageStays() reports why, what weighs most first", async (t) => {
  const users = [
    container("a", "img", { name: "web" }),
    container("b", "img", { name: "db" }),
  ];
  const child = "c".repeat(64);
  const cases: readonly (readonly [
    string,
    Parameters<typeof image>[1],
    Partial<ImageRules>,
    string | undefined,
  ])[] = [
    ["it may go", {}, {}, undefined],
    ["pinned", { isPinned: true, holder: "a mount" }, {}, "it is pinned"],
    ["held", { holder: "a mount" }, { users }, "a mount uses it"],
    ["used", { children: [child] }, { users }, 'container "web", "db" uses it'],
    [
      "with children",
      { children: [child] },
      { isServed: true },
      'image "cccccccccccc" was built on it',
    ],
    [
      "whose children go, too",
      { children: [child] },
      { gone: new Set([child]) },
      undefined,
    ],
    ["a kubelet's", { isNoted: false }, { isServed: true }, SERVED],
    [
      "another tool's, and new",
      { isNoted: false, lastUsedMs: NOW - HOUR + 1 },
      {},
      "it is less than an hour old, and of another tool",
    ],
    [
      "another tool's, an hour old",
      { isNoted: false, lastUsedMs: NOW - HOUR },
      {},
      undefined,
    ],
    ["new, and orlop's", { lastUsedMs: NOW }, {}, undefined],
    [
      "used of late",
      { lastUsedMs: NOW - DAY + 1 },
      { olderThanMs: DAY, newest: new Set(["img"]) },
      "it was used on 2026-06-29 12:00",
    ],
    [
      "used just long enough ago",
      { lastUsedMs: NOW - DAY },
      { olderThanMs: DAY },
      undefined,
    ],
    [
      "one of the newest",
      {},
      { newest: new Set(["img"]) },
      "it is one of the newest of its repository",
    ],
    ["another is the newest", {}, { newest: new Set(["x"]) }, undefined],
  ];
  for (const [name, changes, rules, why] of cases) {
    await t.step(name, () => {
      const found = whyImageStays(image("img", changes), {
        ...RULES,
        ...rules,
      });
      assertEquals(found, why);
    });
  }
});

Deno.test("whyContainerStays() reports why, what weighs most first", async (t) => {
  const rules = { now: NOW, olderThanMs: DAY, members: [], isServed: false };
  const old = { state: "stopped", lastUsedMs: NOW - DAY } as const;
  const young = { state: "stopped", lastUsedMs: NOW - DAY + 1 } as const;
  const members = [container("a", "img", { name: "web" })];
  const cases: readonly (readonly [
    string,
    Parameters<typeof container>[2],
    Partial<Parameters<typeof whyContainerStays>[1]>,
    string | undefined,
  ])[] = [
    ["it may go", old, {}, undefined],
    [
      "its pod's",
      old,
      { members, isServed: true },
      'container "web" of its pod needs it',
    ],
    ["a kubelet's", old, { isServed: true }, SERVED],
    ["young", young, {}, "it was used on 2026-06-29 12:00"],
    ["vanished", { ...young, state: "vanished" }, {}, undefined],
  ];
  for (const [name, changes, more, why] of cases) {
    await t.step(name, () => {
      const found = whyContainerStays(container("c", "img", changes), {
        ...{ ...rules, ...more },
      });
      assertEquals(found, why);
    });
  }
});

Deno.test("findNewest() counts in each repository, the newest first", () => {
  const images = [
    image("old", { names: ["q.io/a:1"], createdMs: 1 }),
    image("mid", { names: ["q.io/a:2", "q.io/a:3"], createdMs: 2 }),
    image("new", { names: ["q.io/a:4", "q.io/b:1"], createdMs: 3 }),
    image("same", { names: ["q.io/b:2"], createdMs: 3, lastUsedMs: NOW }),
    image("odd", { names: ["<none>"], createdMs: 0 }),
    image("none", { names: [], createdMs: 9 }),
  ];
  const newest = (count: number) =>
    [...findNewest(facts({ images }), count)].toSorted();
  assertEquals(newest(0), []);
  assertEquals(newest(1), ["new", "odd", "same"]);
  assertEquals(newest(2), ["mid", "new", "odd", "same"]);
  assertEquals(newest(3), ["mid", "new", "odd", "old", "same"]);
});
