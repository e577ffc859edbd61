import { assertEquals, assertThrows } from "@std/assert";
import { checkPath, rootPropagation } from "../../src/image/volumes.ts";

Deno.test("rootPropagation() is as wide as the widest volume's", async (t) => {
  const cases: readonly (readonly [string[], string | undefined])[] = [
    [[], undefined],
    [["rprivate"], undefined],
    [["slave"], "rslave"],
    [["rslave"], "rslave"],
    [["shared"], "shared"],
    [["rslave", "rshared"], "shared"],
    [["xshared", "sharedx", "slavex", "xslave", "xrslave"], undefined],
  ];
  for (const [words, expected] of cases) {
    await t.step(words.join(","), () => {
      const volumes = words.map((word) => ({
        ...{ source: "/s", target: "/t", options: [word] },
      }));
      assertEquals(rootPropagation(volumes), expected);
    });
  }
  assertEquals(rootPropagation([{ source: "/s", target: "/t" }]), undefined);
});

Deno.test("checkPath() gives the shortest spelling", () => {
  assertEquals(checkPath("volume", "/a//b/./../c/"), "/a/c");
  assertThrows(
    () => checkPath("device", "a"),
    TypeError,
    'Cannot use device "a": it is not an absolute path',
  );
});
