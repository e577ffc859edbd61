import { assertEquals } from "@std/assert";
import { isListed } from "../../../../src/cri/runtime/state/filters.ts";

const FOUND = { id: "abcdef", labels: { app: "web", tier: "" } };

Deno.test("isListed() chooses by the beginning of an ID, and by labels", async (t) => {
  const cases: readonly [Parameters<typeof isListed>[0], boolean][] = [
    [undefined, true],
    [{ id: "", labelSelector: {} }, true],
    [{ id: "abc", labelSelector: {} }, true],
    [{ id: "bc", labelSelector: {} }, false],
    [{ id: "abcdefg", labelSelector: {} }, false],
    [{ id: "", labelSelector: { app: "web" } }, true],
    [{ id: "", labelSelector: { app: "web", tier: "" } }, true],
    [{ id: "", labelSelector: { app: "other" } }, false],
    [{ id: "", labelSelector: { none: "" } }, false],
    [{ id: "", labelSelector: { toString: "" } }, false],
  ];
  for (const [filter, expected] of cases) {
    await t.step(JSON.stringify(filter) ?? "no filter", () => {
      assertEquals(isListed(filter, FOUND), expected);
    });
  }
});
