import { assert, assertEquals, assertThrows } from "@std/assert";
import { categoryOf } from "../../../src/errors/category.ts";
import { DamagedFileError } from "../../../src/errors/store_errors.ts";
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
    ["quay.io.evil.io/a", undefined],
  ];
  for (const [name, credentials] of cases) {
    await t.step(name, () => {
      assertEquals(credentialsFor(FILE, name)?.credentials, credentials);
    });
  }
});

Deno.test("credentialsFor() names an entry that is not Base64, and shows none of it", () => {
  const auths = { "odd.io": { auth: "%secret%" }, "a.io": { auth: "YTpi" } };
  const file = parseAuthFile(JSON.stringify({ auths }), "/auth.json");
  assertEquals(
    credentialsFor(file, "a.io/x")?.credentials,
    password("a", "b"),
  );
  const error = assertThrows(
    () => credentialsFor(file, "odd.io/a"),
    DamagedFileError,
    'Cannot read credential file "/auth.json": what is there for "odd.io" is',
  );
  assertEquals(categoryOf(error), "damaged");
  assert(!Deno.inspect(error).includes("secret"));
});

Deno.test("credentialsFor() says under which key it found them", async (t) => {
  const cases = [
    ["quay.io/team/app/x", "quay.io/team"],
    ["quay.io", "quay.io"],
    ["registry-1.docker.io/a", "https://index.docker.io/v1/"],
    ["index.docker.io", "https://index.docker.io/v1/"],
  ] as const;
  for (const [name, key] of cases) {
    await t.step(name, () => {
      assertEquals(credentialsFor(FILE, name)?.key, key);
    });
  }
});

Deno.test("a .dockercfg has hosts and URLs for keys, and no namespaces", async (t) => {
  const entry = (user: string) => ({ auth: btoa(`${user}:1`) });
  const old = parseAuthFile(
    JSON.stringify({
      "quay.io/team": entry("path"),
      "https://q.io/v1/": entry("url"),
      "index.docker.io/v1/": entry("hub"),
    }),
    "/home/x/.dockercfg",
  );
  const cases = [
    ["quay.io/team/app", "path"],
    ["quay.io", "path"],
    ["q.io/a", "url"],
    ["docker.io/library/a", "hub"],
  ] as const;
  for (const [name, user] of cases) {
    await t.step(name, () => {
      assertEquals(
        credentialsFor(old, name)?.credentials,
        password(user, "1"),
      );
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
  assertEquals(
    credentialsFor(old, "quay.io/a")?.credentials,
    password("a", "b"),
  );
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
      assertEquals(credentialsFor(file, "a.io/a")?.credentials, undefined);
      assertEquals(
        credentialsFor(file, "quay.io/a")?.credentials,
        password("a", "b"),
      );
    });
  }
});

Deno.test("parseAuthFile() names a malformed file, and shows no secret", async (t) => {
  const cases: [text: string, why: string][] = [
    ["{", "line 1 is not valid JSON; correct it"],
    ['{"auths": {\n"a": secret\n}}', "line 2 is not valid JSON"],
    ['{"auths": {}}\n\nsecret', "line 3 is not valid JSON"],
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
        DamagedFileError,
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
      assertEquals(credentialsFor(file, "a.io/b")?.credentials, expected);
    });
  }
});
