import { assertEquals, assertThrows } from "@std/assert";
import { PolicyError } from "../../../src/errors/store_errors.ts";
import { parseRegistriesConf } from "../../../src/formats/config/registries_conf.ts";
import { nameOf, parseReference } from "../../../src/formats/oci/reference.ts";
import {
  endpointsFor,
  listEndpoints,
} from "../../../src/registry/config/endpoints.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const CONF = parseRegistriesConf(
  `
  [[registry]]
  prefix = "example.com/foo"
  location = "internal.net:8443/mirror-of-foo"
  [[registry.mirror]]
  location = "m1.lan/foo"
  pull-from-mirror = "digest-only"
  [[registry.mirror]]
  location = "m2.lan:5000"
  insecure = true
  [[registry]]
  prefix = "*.corp.io"
  [[registry]]
  prefix = "*.old.io"
  location = "new.io"
  [[registry]]
  location = "bad.io"
  blocked = true
  [[registry]]
  location = "lax.io"
  insecure = true
  [[registry]]
  prefix = "short.io"
  location = "short"
  [[registry]]
  prefix = "upper.io"
  location = "new.io/Upper"
  [[registry]]
  prefix = "moved.io"
  location = "bad.io/x"
  [[registry]]
  prefix = "tags.io"
  location = "tags.io"
  [[registry.mirror]]
  location = "m3.io"
  pull-from-mirror = "tag-only"
  [[registry.mirror]]
  location = "bad.io/y"
  [[registry]]
  prefix = "half.io"
  location = "half.io"
  blocked = true
  [[registry.mirror]]
  location = "good.io"
  `,
  "/r.conf",
);

Deno.test("endpointsFor() rewrites names and lists mirrors", async (t) => {
  const cases: [name: string, endpoints: string[]][] = [
    ["example.com/foo/a:1", [
      "m2.lan:5000/a:1",
      "internal.net:8443/mirror-of-foo/a:1",
    ]],
    [`example.com/foo/a@${DIGEST}`, [
      `m1.lan/foo/a@${DIGEST}`,
      `m2.lan:5000/a@${DIGEST}`,
      `internal.net:8443/mirror-of-foo/a@${DIGEST}`,
    ]],
    ["example.com/foobar:1", ["example.com/foobar:1"]],
    ["x.y.corp.io/z:1", ["x.y.corp.io/z:1"]],
    ["x.old.io/z:1", ["new.io/z:1"]],
    ["x.old.io:5000/z:1", ["new.io:5000/z:1"]],
    ["half.io/a:1", ["good.io/a:1"]],
  ];
  for (const [name, endpoints] of cases) {
    await t.step(name, () => {
      const found = endpointsFor(parseReference(name), CONF);
      assertEquals(found.map(({ reference }) => nameOf(reference)), endpoints);
    });
  }
});

Deno.test("endpointsFor() knows which are insecure", () => {
  const insecure = (name: string) =>
    endpointsFor(parseReference(name), CONF).map(({ insecure }) => insecure);
  assertEquals(insecure("other.io/a"), [false]);
  assertEquals(insecure("lax.io/a"), [true]);
  assertEquals(insecure("x.corp.io/a"), [false]);
  const found = endpointsFor(parseReference("example.com/foo/a"), CONF);
  assertEquals(found.map(({ insecure }) => insecure), [true, false]);
});

Deno.test("listEndpoints() tells mirrors, and why one is passed over", () => {
  const list = (name: string) =>
    listEndpoints(parseReference(name), CONF).map((endpoint) => [
      nameOf(endpoint.reference),
      endpoint.isMirror,
      endpoint.refusal === undefined,
    ]);
  assertEquals(list("example.com/foo/a:1"), [
    ["m1.lan/foo/a:1", true, false],
    ["m2.lan:5000/a:1", true, true],
    ["internal.net:8443/mirror-of-foo/a:1", false, true],
  ]);
  assertEquals(list("half.io/a:1"), [
    ["good.io/a:1", true, true],
    ["half.io/a:1", false, false],
  ]);
  assertEquals(list("other.io/a:1"), [["other.io/a:1", false, true]]);
});

Deno.test("endpointsFor() refuses blocked registries", () => {
  assertThrows(
    () => endpointsFor(parseReference("bad.io/a"), CONF),
    PolicyError,
    'registry "bad.io" is blocked in "/r.conf"',
  );
});

Deno.test("listEndpoints() reports why one is not asked", async (t) => {
  const bad = 'registry "bad.io" is blocked in "/r.conf"';
  const half = 'registry "half.io" is blocked in "/r.conf"';
  const cases: Readonly<Record<string, readonly (string | undefined)[]>> = {
    "example.com/foo/a:1": ["it is for digests only", undefined, undefined],
    [`example.com/foo/a@${DIGEST}`]: [undefined, undefined, undefined],
    "tags.io/a:1": [undefined, bad, undefined],
    [`tags.io/a@${DIGEST}`]: ["it is for tags only", bad, undefined],
    "half.io/a": [undefined, half],
    "moved.io/a": [bad],
    "bad.io/a": [bad],
    "other.io/a": [undefined],
  };
  for (const [name, refusals] of Object.entries(cases)) {
    await t.step(name, () => {
      const listed = listEndpoints(parseReference(name), CONF);
      assertEquals(listed.map(({ refusal }) => refusal), refusals);
    });
  }
  assertThrows(
    () => endpointsFor(parseReference("moved.io/a:1"), CONF),
    PolicyError,
    `Cannot pull "moved.io/a:1": ${bad}`,
  );
});

Deno.test("listEndpoints() refuses an entry that makes no name", async (t) => {
  const cases = {
    "short.io/a:1":
      'Cannot use "/r.conf" for "short.io/a": it makes "short/a" ' +
      "of it, which names no registry; a host has a dot or a port, or is " +
      "localhost",
    "upper.io/a:1": 'Cannot use "/r.conf" for "upper.io/a": ',
  };
  for (const [name, message] of Object.entries(cases)) {
    await t.step(name, () => {
      assertThrows(
        () => listEndpoints(parseReference(name), CONF),
        SyntaxError,
        message,
      );
    });
  }
});
