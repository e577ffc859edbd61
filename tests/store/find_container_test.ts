import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import {
  AmbiguousIdError,
  ContainerNotFoundError,
  InvalidContainerIdError,
} from "../../src/errors/not_found_errors.ts";
import {
  choose,
  findContainer,
  findValid,
} from "../../src/store/find_container.ts";
import { storeAgent } from "../support/store_agent.ts";

const ALL = [
  { id: "aaaa1111", names: ["one", "shared"], layer: "layer1" },
  { id: "aaaa2222", names: ["two", "shared"], layer: "layer2" },
  // Its name is another one's ID, and its layer another one's name.
  { id: "bbbb3333", names: ["aaaa1111"], layer: "two" },
  { id: "cccc4444" },
];

function find(text: string): string {
  return choose(ALL, text, { kind: "container" }).id;
}

Deno.test("choose() takes IDs before names, and names before layers", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["aaaa1111", "aaaa1111"],
    ["one", "aaaa1111"],
    ["shared", "aaaa2222"],
    ["two", "aaaa2222"],
    ["layer1", "aaaa1111"],
    ["bbbb", "bbbb3333"],
    ["cccc444", "cccc4444"],
  ];
  for (const [text, id] of cases) {
    await t.step(text, () => assertEquals(find(text), id));
  }
});

Deno.test("choose() reports why it finds none", async (t) => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ["", "no container has this name or ID", []],
    ["nope", "no container has this name or ID", []],
    ["aaaa11112", "no container has this name or ID", []],
    [
      "aaaa",
      "2 IDs begin so: aaaa1111 (one), aaaa2222 (two)",
      ["aaaa1111", "aaaa2222"],
    ],
    [
      "c",
      "no container has this name, and of an ID at least 3 characters are needed",
      [],
    ],
    [
      "aa",
      "no container has this name, and of an ID at least 3 characters are needed",
      [],
    ],
  ];
  for (const [text, why, candidates] of cases) {
    await t.step(text || "nothing", () => {
      const error = assertThrows(() => find(text), ContainerNotFoundError);
      assertEquals(error.message, `Cannot find container "${text}": ${why}`);
      const isSeveral = error instanceof AmbiguousIdError;
      assertEquals(isSeveral ? error.candidates : [], candidates);
      assertEquals(isSeveral, candidates.length > 0);
    });
  }
  const pod = assertThrows(() => choose(ALL, "x", { kind: "pod" }));
  assertInstanceOf(pod, ContainerNotFoundError);
  assertEquals(pod.message, 'Cannot find pod "x": no pod has this name or ID');
});

Deno.test("findContainer() and findValid() look in a table", async () => {
  using store = storeAgent();
  using held = await store.agent.store.lock({ containers: "read" });
  const missing = assertThrows(
    () => findContainer(held.containers, "x"),
    ContainerNotFoundError,
  );
  assertEquals(
    missing.message,
    'Cannot find container "x": no container has this name or ID',
  );
  for (const verb of ["find", "start"] as const) {
    const error = assertThrows(
      () => findValid(held.containers, "x", { verb }),
      InvalidContainerIdError,
    );
    assertEquals(
      error.message,
      `Cannot ${verb} container "x": invalid container ID: no container has ` +
        "this name or ID",
    );
    assertInstanceOf(error.cause, ContainerNotFoundError);
  }
});
