import { assertEquals } from "@std/assert";
import { findLostAttribute } from "../../src/unpack/apply_spool.ts";

Deno.test("findLostAttribute() tells what overlayfs or a program would miss", async (t) => {
  const lost = (name: string, reason: string) =>
    `tar: setxattrat: Cannot set '${name}' extended attribute for file ` +
    `'a': ${reason}\n`;
  const overlay = "trusted.overlay.opaque";
  const cases: readonly [string, string, string | undefined][] = [
    ["nothing said", "", undefined],
    ["another warning", "tar: a: time stamp is in the future\n", undefined],
    ["no such kind", lost("user.a", "Operation not supported"), undefined],
    [
      "an opaque mark",
      lost(overlay, "Operation not supported"),
      `attribute "${overlay}" of "a": Operation not supported`,
    ],
    [
      "no capability to set capabilities",
      lost("user.a", "Operation not supported") +
      lost("security.capability", "Operation not permitted"),
      'attribute "security.capability" of "a": Operation not permitted',
    ],
  ];
  for (const [name, stderr, expected] of cases) {
    await t.step(name, () => assertEquals(findLostAttribute(stderr), expected));
  }
});
