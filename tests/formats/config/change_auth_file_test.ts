import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type AuthChange,
  changeAuthFile,
  isOthersSince,
} from "../../../src/formats/config/change_auth_file.ts";
import { DamagedFileError } from "../../../src/errors/store_errors.ts";

const PATH = "/auth.json";
const set = (key: string, auth: string, identityToken = ""): AuthChange => ({
  kind: "set",
  key,
  entry: { auth, identityToken },
});

Deno.test("changeAuthFile() writes what podman writes", () => {
  assertEquals(
    changeAuthFile("", PATH, set("q.io", "YTpi")),
    '{\n\t"auths": {\n\t\t"q.io": {\n\t\t\t"auth": "YTpi"\n\t\t}\n\t}\n}',
  );
  const one = changeAuthFile("{}", PATH, set("q.io", "YTpi"));
  assertEquals(
    changeAuthFile(one, PATH, { kind: "remove", key: "q.io" }),
    '{\n\t"auths": {}\n}',
  );
});

Deno.test("changeAuthFile() keeps all that it does not change", async (t) => {
  const text = `{"auths":{"a.io":{"auth":"YTpi","email":"a@b","x":[1.0]},` +
    `"https://h/v1/":{"auth":"Yzpk"},"__proto__":{"auth":"ZTpm"}},` +
    `"credHelpers":{"c.io":"x"},"credsStore":"y","HttpHeaders":{"a":"b"},` +
    `"big":123456789012345678901234567890,"n":null,"1":1,"-0":-0,"e":1e400}`;
  const without = (json: string, ...parts: string[]) =>
    parts.reduce((left, part) => left.replace(part, ""), json);
  const flat = (json: string) => json.replace(/[\n\t]|(?<=:) /g, "");
  const normal = flat(text).replace(/"1":1,/, "").replace("{", '{"1":1,');
  await t.step("another entry", () => {
    assertEquals(
      flat(changeAuthFile(text, PATH, set("z.io", "ZzpO"))),
      normal.replace(`"ZTpm"}}`, `"ZTpm"},"z.io":{"auth":"ZzpO"}}`),
    );
  });
  await t.step("the same entry, and what is unknown of it", () => {
    const changed = changeAuthFile(text, PATH, set("a.io", "bmV3", "token"));
    const { auths } = JSON.parse(changed);
    assertEquals(auths["a.io"], {
      email: "a@b",
      x: [1],
      auth: "bmV3",
      identitytoken: "token",
    });
    const back = JSON.parse(changeAuthFile(changed, PATH, set("a.io", "YTpi")));
    assertEquals(back.auths["a.io"], { email: "a@b", x: [1], auth: "YTpi" });
  });
  await t.step("one less", () => {
    assertEquals(
      flat(changeAuthFile(text, PATH, { kind: "remove", key: "__proto__" })),
      without(normal, `,"__proto__":{"auth":"ZTpm"}`),
    );
  });
  await t.step("none left", () => {
    const { auths, ...others } = JSON.parse(
      changeAuthFile(text, PATH, { kind: "remove all" }),
    );
    assertEquals(auths, {});
    assertEquals(others["credHelpers"], { "c.io": "x" });
  });
});

Deno.test("changeAuthFile() returns the same text if nothing changes", async (t) => {
  const text =
    '{ "auths": {"a.io": {"email":"x", "auth": "YTpi"}, "b.io":{}} }';
  const changes: readonly AuthChange[] = [
    set("a.io", "YTpi"),
    set("b.io", ""),
    { kind: "remove", key: "c.io" },
    { kind: "remove", key: "toString" },
  ];
  for (const change of changes) {
    await t.step(JSON.stringify(change), () => {
      assertEquals(changeAuthFile(text, PATH, change), text);
    });
  }
  const all: AuthChange = { kind: "remove all" };
  for (const empty of ["", "{}", '{"auths":{}}', '{"auths":null}']) {
    await t.step(empty, () => {
      assertEquals(changeAuthFile(empty, PATH, all), empty);
    });
  }
});

Deno.test("isOthersSince() distinguishes a newer login from an older file", async (t) => {
  const one = '{"auths":{"a.io":{"auth":"YTpi"}}}';
  const two = '{"auths":{"a.io":{"auth":"Yzpk"},"b.io":{"auth":"YTpi"}}}';
  const none = '{"auths":{}}';
  const change = set("a.io", "ZTpm");
  const ours = changeAuthFile(one, PATH, change);
  const all = { kind: "remove all" } as const;
  const remove = { kind: "remove", key: "a.io" } as const;
  const cases = [
    ["an older file", one, one, change, false],
    ["an older file without any", "", none, change, false],
    ["an older file with another's login", two, two, remove, false],
    ["our own", ours, one, change, true],
    ["another's", two, one, change, true],
    ["another's logout", none, one, change, true],
    ["another's after ours went", two, one, remove, true],
    ["what was removed", one, one, all, false],
    ["nothing left", none, one, all, true],
  ] as const;
  for (const [name, text, before, change, expected] of cases) {
    await t.step(name, () => {
      assertEquals(isOthersSince(text, PATH, { before, change }), expected);
    });
  }
});

Deno.test("changeAuthFile() leaves a damaged file to a person", async (t) => {
  const cases = [
    '{"auths":{"secret"',
    "[]",
    '{"auths":[]}',
    '{"auths":{"a.io":"secret"}}',
    '{"auths":{"a.io":{"auth":{"secret":1}}}}',
    '{"auths":{},"auths":{}}',
  ];
  for (const text of cases) {
    await t.step(text, () => {
      const error = assertThrows(
        () => changeAuthFile(text, PATH, set("b.io", "YTpi")),
        DamagedFileError,
        PATH,
      );
      assert(!Deno.inspect(error).includes("secret"));
    });
  }
});
