import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { assertEquals, assertFalse, assertThrows } from "@std/assert";
import { AuthConfigSchema } from "../../../src/cri/api/api_pb.js";
import { readAuth } from "../../../src/cri/images/read_auth.ts";
import { encodeAuth } from "../../../src/formats/config/auth_file.ts";

type Auth = MessageInitShape<typeof AuthConfigSchema>;

const read = (auth: Auth, image = "quay.io/a/b") =>
  readAuth(create(AuthConfigSchema, auth), image);

Deno.test("readAuth() takes all forms, the most telling first", async (t) => {
  const password = { kind: "password", username: "u", password: "p:w" };
  const cases: readonly [string, Auth, ReturnType<typeof readAuth> | object][] =
    [
      ["a password", { username: "u", password: "p:w" }, password],
      ["Base64", { auth: encodeAuth("u", "p:w") }, password],
      ["Base64 with NULs", { auth: encodeAuth("u", "p:w\0\0") }, password],
      ["an identity token", { identityToken: "t" }, {
        kind: "identity-token",
        token: "t",
      }],
      ["an identity token of a user", { identityToken: "t", username: "u" }, {
        kind: "identity-token",
        token: "t",
        username: "u",
      }],
      ["a registry token", { registryToken: "t", username: "u" }, {
        kind: "registry-token",
        token: "t",
      }],
    ];
  for (const [name, auth, expected] of cases) {
    await t.step(name, () => assertEquals<unknown>(read(auth), expected));
  }
  await t.step("nothing", () => {
    assertEquals(readAuth(undefined, "a"), undefined);
    assertEquals(read({}), undefined);
  });
});

Deno.test("readAuth() sends nothing to another registry", async (t) => {
  const cases: readonly [string, string, "sent" | "kept"][] = [
    ["quay.io", "quay.io/a/b:1", "sent"],
    ["https://quay.io/v2/", "quay.io/a/b", "sent"],
    ["https://index.docker.io/v1/", "busybox", "sent"],
    ["registry-1.docker.io", "docker.io/a/b", "sent"],
    ["quay.io", "quay.io.evil.com/a/b", "kept"],
    ["quay.io", "quay.io:5000/a/b", "kept"],
    ["quay.io", "busybox", "kept"],
    ["https://evil.com/quay.io", "quay.io/a/b", "kept"],
  ];
  for (const [serverAddress, image, expected] of cases) {
    await t.step(`${serverAddress}: ${image}`, () => {
      const auth = { username: "u", password: "p", serverAddress };
      const isSent = read(auth, image) !== undefined;
      assertEquals(isSent ? "sent" : "kept", expected);
    });
  }
});

Deno.test("readAuth() shows no secret that is malformed", () => {
  for (const auth of ["*secret*", btoa("secret")]) {
    const { message } = assertThrows(() => read({ auth }), SyntaxError);
    assertFalse(message.includes("secret") || message.includes(auth), message);
  }
});
