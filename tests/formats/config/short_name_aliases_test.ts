import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  formatAliases,
  parseAliases,
} from "../../../src/formats/config/short_name_aliases.ts";

Deno.test("parseAliases() reads what formatAliases() writes", () => {
  const source = "/aliases.conf";
  const aliases = new Map([
    ["b/c", { name: "quay.io/x/y", source }],
    ["a", { name: "", source }],
  ]);
  const text = formatAliases(aliases);
  assertEquals(text, '[aliases]\na = ""\n"b/c" = "quay.io/x/y"\n');
  assertEquals(parseAliases(text, source), aliases);
  assertEquals(parseAliases("", source), new Map());
});

Deno.test("parseAliases() refuses what stands for no registry's image", async (t) => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["a:1", "quay.io/a", '"a:1" and "quay.io/a" must have no tag or digest'],
    ["a", "quay.io/a:1", '"a" and "quay.io/a:1" must have no tag or digest'],
    [
      "a",
      `quay.io/a@sha256:${"0".repeat(64)}`,
      "must have no tag or digest",
    ],
    ["quay.io/a", "quay.io/b", '"quay.io/a" is no short name: it names a'],
    ["a", "b", '"a" stands for "b", which names no registry'],
    ["a..", "quay.io/b", '"a.."'],
    ["a", "quay.io/b..", '"quay.io/b.."'],
    ["a..", "", '"a.."'],
  ];
  for (const [short, name, why] of cases) {
    await t.step(`${short} = ${name}`, () => {
      const text = `[aliases]\n"${short}" = "${name}"\n`;
      const error = assertThrows(
        () => parseAliases(text, "/x"),
        SyntaxError,
        why,
      );
      assert(error.message.startsWith('Cannot read "/x", aliases: '));
    });
  }
  await t.step("all of them", () => {
    assertThrows(
      () => parseAliases('[aliases]\na = "b"\nc = "d"\n', "/x"),
      SyntaxError,
      '"a" stands for "b", which names no registry; "c" stands for "d"',
    );
  });
});
