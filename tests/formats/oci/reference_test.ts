import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  familiarName,
  isShortName,
  nameOf,
  parseLocalReference,
  parseReference,
  repositoryOf,
  showTyped,
} from "../../../src/formats/oci/reference.ts";

const HEX = "a".repeat(64);
const DIGEST = `sha256:${HEX}`;

Deno.test("parseReference() normalises as docker does", async (t) => {
  const cases: [text: string, name: string, familiar: string][] = [
    ["busybox", "docker.io/library/busybox:latest", "busybox:latest"],
    [
      "index.docker.io/busybox",
      "docker.io/library/busybox:latest",
      "busybox:latest",
    ],
    ["docker.io/a/b:1", "docker.io/a/b:1", "a/b:1"],
    ["foo:5000", "docker.io/library/foo:5000", "foo:5000"],
    ["foo:5000/bar", "foo:5000/bar:latest", "foo:5000/bar:latest"],
    ["localhost/x", "localhost/x:latest", "localhost/x:latest"],
    ["a/b/c", "docker.io/a/b/c:latest", "a/b/c:latest"],
    ["library/x/y", "docker.io/library/x/y:latest", "library/x/y:latest"],
    [`quay.io/a/b@${DIGEST}`, `quay.io/a/b@${DIGEST}`, `quay.io/a/b@${DIGEST}`],
    [
      `quay.io/a/b:1@${DIGEST}`,
      `quay.io/a/b@${DIGEST}`,
      `quay.io/a/b@${DIGEST}`,
    ],
    [
      "Quay.IO/a__b/c---d.e_f",
      "Quay.IO/a__b/c---d.e_f:latest",
      "Quay.IO/a__b/c---d.e_f:latest",
    ],
    [
      "registry-1.docker.io/x",
      "registry-1.docker.io/x:latest",
      "registry-1.docker.io/x:latest",
    ],
  ];
  for (const [text, name, familiar] of cases) {
    await t.step(text, () => {
      assertEquals(nameOf(parseReference(text)), name);
      assertEquals(familiarName(parseReference(text)), familiar);
    });
  }
});

Deno.test("parseReference() keeps tag and digest apart", () => {
  const reference = parseReference(`q.io/a:1@${DIGEST}`);
  assertEquals(reference.tag, "1");
  assertEquals(reference.digest as string, DIGEST);
  assertEquals(repositoryOf(reference), "q.io/a");
  assertEquals(parseReference(`q.io/a@${DIGEST}`).tag, undefined);
});

Deno.test("showTyped() hides logins, and nothing else", async (t) => {
  const cases: [text: string, shown: string][] = [
    ["https://u:SECRET@h/x", "https://***@h/x"],
    ["docker://u:SECRET@h", "docker://***@h"],
    ["https://u:SEC/RET@h/x", "https://***@h/x"],
    ["https://u:SEC@RET@h/x", "https://***@h/x"],
    ["u:SECRET@h:5000/x", "***@h:5000/x"],
    ["//u@h/x", "//***@h/x"],
    ...[
      "https://h/x",
      `h:1/a:1@${DIGEST}`,
      `docker://h:1/a:1@${DIGEST}`,
      "a:1@sha256:zz",
      "a:1@md5:00",
      "a@b",
    ].map((text): [string, string] => [text, text]),
    ["a\nb", "a\uFFFDb"],
    ["a".repeat(200), `${"a".repeat(100)}…`],
  ];
  for (const [text, expected] of cases) {
    await t.step(
      text.slice(0, 40),
      () => assertEquals(showTyped(text), expected),
    );
  }
});

Deno.test("parseReference() refuses what is no reference", async (t) => {
  const cases: [text: string, why: string][] = [
    ["", "it has no name"],
    [HEX, "image ID"],
    ["Foo/bar", "lowercase"],
    ["a//b", "empty path component"],
    ["a/../b", '".."'],
    ["a/%2e%2e/b", '"%2e%2e"'],
    ["a/b/", "empty path component"],
    ["/a", "empty path component"],
    ["-a", '"-a"'],
    ["a___b", '"a___b"'],
    ["a:", '"" is no tag'],
    ["a:.x", '".x" is no tag'],
    [`a:${"t".repeat(129)}`, "is no tag"],
    ["docker.io@evil", "digest"],
    ["user:pw@h/x", "no login in it; use --creds"],
    ["https://h/x", "it is a URL"],
    ["https://u:pw@h/x", "and use --creds for the login"],
    ["HTTP://h:5000/x:1", "it is a URL"],
    ["h:99999/x", "port"],
    ["h:/x", "port"],
    ["h:1:2/x", "two ports"],
    ["[::1]:5000/x", "IPv6"],
    ["a_b.io/x", "no host name"],
    ["-h.io/x", "no host name"],
    ["a\nb", "path component"],
    ["a@md5:00", 'algorithm "md5"'],
    [`a@sha256:${"A".repeat(64)}`, "lower-case"],
    ["a@sha256:../../etc/passwd", "64 lower-case"],
    ["a".repeat(300), "255"],
    ["a".repeat(1_000_000), "longer than"],
    ["a".repeat(200) + "!", "path component"],
  ];
  for (const [text, why] of cases) {
    await t.step(text.slice(0, 40), () => {
      const error = assertThrows(() => parseReference(text), SyntaxError, why);
      assert(error.message.startsWith("Cannot parse reference"));
    });
  }
});

Deno.test("parseReference() is quick on what makes regexes slow", () => {
  const start = performance.now();
  assertThrows(() => parseReference("a".repeat(250) + "!"), SyntaxError);
  assertThrows(() => parseReference("a" + "-".repeat(240) + "!"), SyntaxError);
  assert(performance.now() - start < 5000); // for ever, where it matters
});

Deno.test("isShortName() tells names without a registry", () => {
  for (const name of ["a", "a/b", "a:1", `a/b@${DIGEST}`]) {
    assert(isShortName(name), name);
  }
  for (const name of ["q.io/a", "localhost/a", "h:5000/a", "h:5000/a:1"]) {
    assert(!isShortName(name), name);
  }
});

Deno.test("parseLocalReference() puts short names below localhost/", () => {
  const cases = [
    ["a", "localhost/a:latest"],
    ["a/b:1", "localhost/a/b:1"],
    ["q.io/a", "q.io/a:latest"],
    ["localhost/a:1", "localhost/a:1"],
  ] as const;
  for (const [text, name] of cases) {
    assertEquals<string>(nameOf(parseLocalReference(text)), name);
  }
});

Deno.test("parseReference() takes lengths up to those of distribution", async (t) => {
  const longest = `quay.io/${"a".repeat(255 - 8)}`;
  const tag = "t".repeat(128);
  const digest = `sha512:${"a".repeat(128)}`;
  const port = (number: number) => `quay.io:${number}/a`;
  const good = [
    ...[longest, `a:${tag}`, `${longest}:${tag}@${digest}`],
    ...[port(1), port(65535)],
  ];
  for (const text of good) {
    await t.step(`${text.length}: ${text.slice(0, 30)}`, () => {
      assertEquals(parseReference(text).path.at(-1), "a");
    });
  }
  const bad: readonly (readonly [string, string])[] = [
    [`${longest}a`, "name longer than 255 characters"],
    [`docker.io/${"a".repeat(255 - 9)}`, "name longer than 255 characters"],
    [`a:${tag}t`, "tag"],
    [`${longest}:${tag}@${digest}a`, "longer than 520 characters"],
    [`a@${digest}a`, "sha512 needs 128 lower-case hex digits"],
    [`a@${DIGEST}a`, "sha256 needs 64 lower-case hex digits"],
    [port(65536), "port"],
    ["a".repeat(64), "64 hex digits are an image ID, not a name"],
  ];
  for (const [text, why] of bad) {
    await t.step(`${text.length}: ${text.slice(0, 30)}, ${why}`, () => {
      const error = assertThrows(() => parseReference(text), SyntaxError, why);
      assert(error.message.length < 300);
    });
  }
});
