import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  findRegistry,
  mergeRegistriesConf,
  parseRegistriesConf,
} from "../../../src/formats/config/registries_conf.ts";

const CONF = parseRegistriesConf(
  `
  unqualified-search-registries = ["docker.io", "quay.io"]
  short-name-mode = "enforcing"
  unknown-key = 1
  [aliases]
  "box" = "quay.io/team/box"
  [[registry]]
  location = "example.com/"
  [[registry]]
  prefix = "example.com/foo"
  location = "internal.net:8443/mirror"
  mirror-by-digest-only = true
  [[registry.mirror]]
  location = "m.lan"
  [[registry]]
  prefix = "*.corp.io"
  insecure = true
  `,
  "/r.conf",
);

Deno.test("parseRegistriesConf() reads version 2", () => {
  assertEquals(CONF.searchRegistries, ["docker.io", "quay.io"]);
  assertEquals(CONF.shortNameMode, "enforcing");
  assertEquals(CONF.aliases.get("box"), "quay.io/team/box");
  const mirrors = CONF.registries[1]?.mirrors;
  assertEquals(mirrors?.[0]?.pullFrom, "digest-only");
});

Deno.test("findRegistry() takes the longest prefix", async (t) => {
  const cases: [name: string, prefix: string | undefined][] = [
    ["example.com/foo/a", "example.com/foo"],
    ["example.com/foo", "example.com/foo"],
    ["example.com/foobar", "example.com"],
    ["example.com:5000/x", "example.com"],
    ["example.community/x", undefined],
    ["x.y.corp.io/z", "*.corp.io"],
    ["x.corp.io:5000/z", "*.corp.io"],
    ["corp.io/z", undefined],
  ];
  for (const [name, prefix] of cases) {
    await t.step(name, () => {
      assertEquals(findRegistry(CONF, name)?.prefix, prefix);
    });
  }
});

Deno.test("mergeRegistriesConf() lets a drop-in overrule", () => {
  const dropIn = parseRegistriesConf(
    `unqualified-search-registries = []
    [aliases]
    "box" = ""
    [[registry]]
    location = "example.com"
    blocked = true`,
    "/d.conf",
  );
  const merged = mergeRegistriesConf(CONF, dropIn);
  assertEquals(merged.searchRegistries, []);
  assertEquals(merged.shortNameMode, "enforcing");
  assertEquals(merged.aliases.get("box"), "");
  assert(findRegistry(merged, "example.com/x")?.blocked);
  assertEquals(merged.registries.length, 3);
});

Deno.test("parseRegistriesConf() refuses the rest", async (t) => {
  const cases: [text: string, why: string][] = [
    ["x = ", "Cannot read"],
    ["[registries.search]\nregistries = []", "version 1"],
    ["[[registry]]\ninsecure = true", "no location"],
    ['[[registry]]\nlocation = "https://a"', "URI scheme"],
    ['[[registry]]\nprefix = "*.a/b"', "*.domain"],
    ['[[registry]]\nprefix = "a.b"', "no location"],
    ['[[registry]]\nlocation = "a"\ninsecure = "yes"', "true or false"],
    ['short-name-mode = "x"', "enforcing"],
    [
      '[[registry]]\nlocation = "a"\n[[registry]]\nprefix = "b"\n' +
      'location = "a"\nblocked = true',
      "disagree",
    ],
    [
      '[[registry]]\nlocation = "a"\n[[registry.mirror]]\nlocation = "b"\n' +
      'pull-from-mirror = "x"',
      "pull-from-mirror",
    ],
  ];
  for (const [text, why] of cases) {
    await t.step(text, () => {
      const read = () => parseRegistriesConf(text, "/r.conf");
      assertThrows(read, SyntaxError, why);
    });
  }
});
