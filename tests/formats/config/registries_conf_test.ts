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
  credential-helpers = ["secretservice"]
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
  assertEquals(CONF.aliases.get("box")?.name, "quay.io/team/box");
  const foo = CONF.registries.find(({ prefix }) =>
    prefix === "example.com/foo"
  );
  assertEquals(foo?.mirrors[0]?.pullFrom, "digest-only");
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
    ["q.io/x.corp.io/z", undefined],
    ["x.corp.io.evil/z", undefined],
    ["x.corp.iot/z", undefined],
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
  assertEquals(merged.aliases.get("box"), { name: "", source: "/d.conf" });
  assertEquals(merged.searchSource, "/d.conf");
  assertEquals(merged.credentialHelpers, ["secretservice"]);
  assertEquals(merged.files, ["/r.conf", "/d.conf"]);
  assert(findRegistry(merged, "example.com/x")?.blocked);
  assertEquals(merged.registries.length, 3);
});

Deno.test("parseRegistriesConf() refuses the rest", async (t) => {
  const cases: [text: string, why: string][] = [
    ["x = ", "Cannot read"],
    ["a = 1\n[[registry]]\nlocation = 1.2.3.4:1\n", "line 3: "],
    ['[aliases]\na = "b"', '"a" stands for "b", which names no registry'],
    ['[aliases]\na = "h.io/b:1"', "must have no tag or digest"],
    ['[aliases]\n"a:1" = "h.io/b"', "must have no tag or digest"],
    ['[aliases]\n"h.io/a" = "h.io/b"', "it names a registry"],
    [
      '[registries.search]\nregistries = ["a.io"]',
      'version 1; write: unqualified-search-registries = ["a.io"]',
    ],
    [
      'short-name-mode = "disabled"\n[registries.block]\nregistries = ["a", "b"]',
      '[[registry]] location = "a", blocked = true; ' +
      '[[registry]] location = "b", blocked = true',
    ],
    ["registries = 1", "version 1; use [[registry]]"],
    ["[[registry]]\ninsecure = true", "neither location nor prefix"],
    ['[registry]\nlocation = "a"', "it is one table; write [[registry]]"],
    ['x = "\uFFFD"', "it is not valid UTF-8"],
    ['[[registry]]\nlocation = "https://a"', "URI scheme"],
    ['[[registry]]\nprefix = "*.a/b"', "*.domain"],
    ['[[registry]]\nprefix = "a.b"', "no location"],
    ['[[registry]]\nlocation = "a"\ninsecure = "yes"', "true or false"],
    ['short-name-mode = "x"', "enforcing"],
    ['credential-helpers = "x"', "credential-helpers: expected an array"],
    ...["a/b", "", "a_b", "http://a", "a:", "-a", "*.a"].map((
      host,
    ): [string, string] => [
      `unqualified-search-registries = ["${host}"]`,
      "which is not host[:port]",
    ]),
    ['[aliases]\na = "h.io/B"\n"A" = "h.io/a"', '"h.io/B": repository name'],
    ['[aliases]\na = "h.io/B"\n"A" = "h.io/a"', '"A": repository name'],
    [
      '[[registry]]\nlocation = "a"\npull-from-mirror = "all"',
      "pull-from-mirror is for [[registry.mirror]] only",
    ],
    [
      '[[registry]]\nprefix = "*.a"\n[[registry]]\nprefix = "*.a"\n' +
      "insecure = true",
      'entries disagree on "*.a": insecure',
    ],
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
    [
      '[[registry]]\nlocation = "a"\n[[registry.mirror]]\ninsecure = true',
      "mirror: it has no location",
    ],
    [
      '[[registry]]\nlocation = "a"\n[[registry.mirror]]\nlocation = "http://b"',
      '"http://b" has a URI scheme',
    ],
    [
      '[[registry]]\nlocation = "a"\nmirror-by-digest-only = true\n' +
      '[[registry.mirror]]\nlocation = "b"\npull-from-mirror = "all"',
      "pull-from-mirror beside mirror-by-digest-only",
    ],
    [
      '[[registry]]\nlocation = "a"\n[[registry]]\nprefix = "b"\n' +
      'location = "a"\ninsecure = true',
      'entries disagree on "a": insecure',
    ],
  ];
  for (const [text, why] of cases) {
    await t.step(text, () => {
      const read = () => parseRegistriesConf(text, "/r.conf");
      assertThrows(read, SyntaxError, why);
    });
  }
});

Deno.test("parseRegistriesConf() reads what a mirror is for", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["", "all"],
    ['pull-from-mirror = "all"', "all"],
    ['pull-from-mirror = "digest-only"', "digest-only"],
    ['pull-from-mirror = "tag-only"', "tag-only"],
  ];
  for (const [line, expected] of cases) {
    await t.step(line, () => {
      const text = '[[registry]]\nlocation = "a/"\n' +
        `[[registry.mirror]]\nlocation = "b/c/"\n${line}`;
      const [registry] = parseRegistriesConf(text, "/r.conf").registries;
      assertEquals(registry?.location, "a");
      assertEquals(registry?.mirrors.map((mirror) => ({ ...mirror })), [
        { location: "b/c", insecure: false, pullFrom: expected as "all" },
      ]);
    });
  }
});

Deno.test("findRegistry() prefers wildcards to names of equal length", () => {
  const conf = parseRegistriesConf(
    `[[registry]]
    location = "a.b.io"
    [[registry]]
    prefix = "*.b.io"`,
    "/r.conf",
  );
  assertEquals(findRegistry(conf, "a.b.io/x")?.prefix, "*.b.io");
});

Deno.test("parseRegistriesConf() takes time in proportion to entries", () => {
  const entries = Array.from(
    { length: 20_000 },
    (_, n) => `[[registry]]\nprefix = "p${n}.io"\nlocation = "l${n}.io"\n`,
  );
  const conf = parseRegistriesConf(entries.join(""), "/r.conf");
  assertEquals(findRegistry(conf, "p77.io/x")?.location, "l77.io");
});
