import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type Credentials,
  credentialsFor,
  parseAuthFile,
} from "../../../src/formats/config/auth_file.ts";

const FILE = parseAuthFile(
  JSON.stringify({
    auths: {
      "quay.io": { auth: btoa("host:1") },
      "quay.io/team": { auth: btoa("team:1:2\0\0") },
      "https://index.docker.io/v1/": { auth: btoa("hub:1") },
      "token.io": { auth: btoa("t:"), identitytoken: "id" },
      "empty.io": {},
      "odd.io": { auth: "%%%" },
    },
    credHelpers: { "h.io": "ecr-login" },
    credsStore: "secretservice",
  }),
  "/auth.json",
);

Deno.test("credentialsFor() takes the longest key that fits", async (t) => {
  const cases: [name: string, credentials: Credentials | undefined][] = [
    ["quay.io/a", password("host", "1")],
    ["quay.io/team/app", password("team", "1:2")],
    ["quay.io/teams/app", password("host", "1")],
    ["docker.io/library/busybox", password("hub", "1")],
    ["token.io/a", {
      kind: "identity-token",
      token: "id",
      username: "t",
    }],
    ["empty.io/a", undefined],
    ["odd.io/a", undefined],
    ["quay.io.evil.io/a", undefined],
  ];
  for (const [name, credentials] of cases) {
    await t.step(name, () => {
      assertEquals(credentialsFor(FILE, name), credentials);
    });
  }
});

Deno.test("parseAuthFile() reads helpers, and the old format", () => {
  assertEquals(FILE.credHelpers.get("h.io"), "ecr-login");
  assertEquals(FILE.credsStore, "secretservice");
  const old = parseAuthFile(
    JSON.stringify({ "quay.io": { auth: btoa("a:b") } }),
    "/home/x/.dockercfg",
  );
  assertEquals(credentialsFor(old, "quay.io/a"), password("a", "b"));
});

Deno.test("parseAuthFile() takes what says nothing for nothing", async (t) => {
  const auth = btoa("a:b");
  const beside = (value: unknown) =>
    JSON.stringify({ auths: { "a.io": value, "quay.io": { auth } } });
  for (const text of ["", " \n", "{}", "null", '{"auths":null}']) {
    await t.step(JSON.stringify(text), () => {
      assertEquals(parseAuthFile(text, "/auth.json").auths.size, 0);
    });
  }
  for (const value of [null, {}, { auth: null }, { auth: "" }]) {
    await t.step(`beside ${JSON.stringify(value)}`, () => {
      const file = parseAuthFile(beside(value), "/auth.json");
      assertEquals(credentialsFor(file, "a.io/a"), undefined);
      assertEquals(credentialsFor(file, "quay.io/a"), password("a", "b"));
    });
  }
});

Deno.test("parseAuthFile() names a malformed file, and shows no secret", async (t) => {
  const cases: [text: string, why: string][] = [
    ["{", "not valid JSON"],
    ["secret:token", "not valid JSON"],
    ['"secret"', "expected an object"],
    ['{"auths":"secret"}', "auths: expected an object"],
    ['{"auths":["secret"]}', "auths: expected an object"],
    ['{"auths":{"a":"secret"}}', '"a": expected an object'],
    ['{"auths":{"a":["x, got secret"]}}', '"a": expected an object'],
    ['{"auths":{"a":{"auth":["secret"]}}}', '"a": expected a string'],
    ['{"auths":{"a":{"auth":"YTpi","identitytoken":{"secret":1}}}}', '"a"'],
    ['{"auths":{"a":{"auth":"x","auth":"secret"}}}', 'duplicate key "auth"'],
    ['{"credsStore":["secret"]}', "credsStore: expected a string"],
    ['{"credHelpers":{"h":["secret"]}}', "expected a string"],
  ];
  for (const [text, why] of cases) {
    await t.step(text, () => {
      const error = assertThrows(
        () => parseAuthFile(text, "/auth.json"),
        SyntaxError,
        why,
      );
      assert(error.message.includes("/auth.json"));
      // The cause is shown in the log.
      assert(!Deno.inspect(error).includes("secret"));
    });
  }
});

function password(username: string, password: string): Credentials {
  return { kind: "password", username, password };
}

Deno.test("parseAuthFile() splits a user name from a password", async (t) => {
  const cases: readonly (readonly [string, Credentials | undefined])[] = [
    [":p", password("", "p")],
    ["u:", password("u", "")],
    [":", password("", "")],
    ["u:p:q", password("u", "p:q")],
    ["u:p\0", password("u", "p")],
    ["u", undefined],
  ];
  for (const [text, expected] of cases) {
    await t.step(JSON.stringify(text), () => {
      const auths = { "a.io": { auth: btoa(text) } };
      const file = parseAuthFile(JSON.stringify({ auths }), "/auth.json");
      assertEquals(credentialsFor(file, "a.io/b"), expected);
    });
  }
});
