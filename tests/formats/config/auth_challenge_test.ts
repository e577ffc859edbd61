import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseAuthChallenges } from "../../../src/formats/config/auth_challenge.ts";

Deno.test("parseAuthChallenges() reads RFC 9110", async (t) => {
  const cases: [
    header: string,
    challenges: [scheme: string, parameters: Record<string, string>][],
  ][] = [
    ["", []],
    ["Negotiate", [["negotiate", {}]]],
    ["Basic realm=test", [["basic", { realm: "test" }]]],
    [
      'BEARER Realm="https://a/t?x=1" , service = "s",scope="repository:a:pull,push"',
      [["bearer", {
        realm: "https://a/t?x=1",
        service: "s",
        scope: "repository:a:pull,push",
      }]],
    ],
    [
      'Negotiate abc==, Basic realm="a \\"b\\", c", Bearer realm="r"',
      [
        ["negotiate", {}],
        ["basic", { realm: 'a "b", c' }],
        ["bearer", { realm: "r" }],
      ],
    ],
    ['Digest , Basic realm=""', [["digest", {}], ["basic", { realm: "" }]]],
    ['Bearer realm="a",realm="b"', [["bearer", { realm: "a" }]]],
    // What services write in spite of the grammar.
    [
      "Bearer realm=https://a.io:5001/token?x=1,service=r.io,scope=repository:a/b:pull",
      [["bearer", {
        realm: "https://a.io:5001/token?x=1",
        service: "r.io",
        scope: "repository:a/b:pull",
      }]],
    ],
    ['Bearer realm="a",service=,scope="b"', [[
      "bearer",
      { realm: "a", service: "", scope: "b" },
    ]]],
    ['Bearer realm="a" service="b"', [["bearer", {
      realm: "a",
      service: "b",
    }]]],
    ['BEARER Realm="a" , Service = "b"', [[
      "bearer",
      { realm: "a", service: "b" },
    ]]],
    ['Bearer realm="a",error="insufficient_scope",scope="b c"', [[
      "bearer",
      { realm: "a", error: "insufficient_scope", scope: "b c" },
    ]]],
    ['Basic realm="a", charset="UTF-8", Bearer realm="b",service=""', [
      ["basic", { realm: "a", charset: "UTF-8" }],
      ["bearer", { realm: "b", service: "" }],
    ]],
  ];
  for (const [header, challenges] of cases) {
    await t.step(header, () => {
      assertEquals(
        parseAuthChallenges(header).map(({ scheme, parameters }) => [
          scheme,
          Object.fromEntries(parameters),
        ]),
        challenges,
      );
    });
  }
});

Deno.test("parseAuthChallenges() refuses the rest", async (t) => {
  const cases = [
    'Bearer realm="open',
    '"Bearer" realm="a"',
    'Bearer realm="a"service="b"',
    "=",
    "x".repeat(20_000),
  ];
  for (const header of cases) {
    await t.step(header.slice(0, 40), () => {
      assertThrows(
        () => parseAuthChallenges(header),
        SyntaxError,
        "Cannot parse challenge",
      );
    });
  }
});

Deno.test("parseAuthChallenges() is quick on hostile headers", () => {
  const start = performance.now();
  for (const piece of ["a=,", "a ", "a=b ", ", ", '"', "a==", "\\"]) {
    try {
      parseAuthChallenges(piece.repeat(16_000 / piece.length));
    } catch (error) {
      assert(error instanceof SyntaxError);
    }
  }
  assert(performance.now() - start < 5000);
});

Deno.test("parseAuthChallenges() takes headers up to 16 KiB", () => {
  const of = (length: number) => `Basic realm="${"r".repeat(length - 14)}"`;
  const [challenge] = parseAuthChallenges(of(16 * 1024));
  assertEquals(challenge?.parameters.get("realm")?.length, 16 * 1024 - 14);
  const error = assertThrows(
    () => parseAuthChallenges(of(16 * 1024 + 1)),
    SyntaxError,
    "Cannot parse challenge",
  );
  assert(error.message.length < 400);
});

Deno.test("parseAuthChallenges() distinguishes a token68 from parameters", async (t) => {
  const cases: readonly (readonly [string, Record<string, string>[]])[] = [
    ["Negotiate abc==, Basic realm=r", [{}, { realm: "r" }]],
    ["Negotiate a=", [{}]],
    ["Negotiate a.b_c~d+e/f-g", [{}]],
    ["Negotiate realm=r", [{ realm: "r" }]],
    ["Negotiate a, realm=r", [{ realm: "r" }]],
    ["Basic realm = \t r , x =y", [{ realm: "r", x: "y" }]],
    ['Basic realm="a\\\\"', [{ realm: "a\\" }]],
    [" , Basic realm=r , ", [{ realm: "r" }]],
  ];
  for (const [header, expected] of cases) {
    await t.step(header, () => {
      const found = parseAuthChallenges(header);
      assertEquals(
        found.map(({ parameters }) => Object.fromEntries(parameters)),
        expected,
      );
    });
  }
});
