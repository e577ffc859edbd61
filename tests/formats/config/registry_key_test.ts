import { assertEquals, assertThrows } from "@std/assert";
import { parseRegistryKey } from "../../../src/formats/config/registry_key.ts";

Deno.test("parseRegistryKey() distinguishes the registry from what is below it", async (t) => {
  const cases: readonly (readonly [text: string, key: string, host: string])[] =
    [
      ["quay.io", "quay.io", "quay.io"],
      ["quay.io/team", "quay.io/team", "quay.io"],
      ["quay.io/team/app", "quay.io/team/app", "quay.io"],
      ["localhost", "localhost", "localhost"],
      ["h:1", "h:1", "h:1"],
      ["h:65535", "h:65535", "h:65535"],
      ["h", "h", "h"],
      ["a-b.c", "a-b.c", "a-b.c"],
      ["registry:5000/a/b", "registry:5000/a/b", "registry:5000"],
      ["Quay.IO", "Quay.IO", "Quay.IO"],
      ["[::1]:5000/a", "[::1]:5000/a", "[::1]:5000"],
      ["docker.io/ann", "docker.io/ann", "docker.io"],
      ["https://quay.io/v2/", "quay.io", "quay.io"],
      ["http://h:5000/a/b?c", "h:5000", "h:5000"],
      ["https://ann:secret@quay.io/a", "quay.io", "quay.io"],
    ];
  for (const [text, key, registry] of cases) {
    await t.step(text, () => {
      assertEquals(parseRegistryKey(text), { key, registry });
    });
  }
});

Deno.test("parseRegistryKey() refuses what is no registry", async (t) => {
  const cases: readonly (readonly [text: string, why: string])[] = [
    ["", "it is not HOST[:PORT]"],
    ["a b", "it is not HOST[:PORT]"],
    ["-x", "it is not HOST[:PORT]"],
    ["../x", "it is not HOST[:PORT]"],
    ["/x", "it is not HOST[:PORT]"],
    ["h:0", "it is not HOST[:PORT]"],
    ["h:65536", "it is not HOST[:PORT]"],
    ["h:http", "it is not HOST[:PORT]"],
    ["h\n", "it is not HOST[:PORT]"],
    ["h\u202e", "it is not HOST[:PORT]"],
    ["ann@h", "a user's name goes into --username"],
    ["quay.io/", "its path is none of a repository"],
    ["quay.io//a", "its path is none of a repository"],
    ["quay.io/../a", "its path is none of a repository"],
    ["quay.io/Team", "its path is none of a repository"],
    ["quay.io/a b", "its path is none of a repository"],
    ["quay.io/team/app:1", "it must have no tag or digest"],
    [`quay.io/a@sha256:${"0".repeat(64)}`, "it must have no tag or digest"],
  ];
  for (const [text, why] of cases) {
    await t.step(JSON.stringify(text), () => {
      assertThrows(() => parseRegistryKey(text), SyntaxError, why);
    });
  }
});
