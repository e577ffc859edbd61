import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  defaultRegistry,
  findLogin,
  isLoginAccepted,
  logIn,
  type LoginOptions,
} from "../../../src/engine/login/log_in.ts";
import { logOut, logOutOfAll } from "../../../src/engine/login/log_out.ts";
import { NotLoggedInError } from "../../../src/errors/not_found_errors.ts";
import {
  RegistryError,
  UnauthorizedError,
} from "../../../src/errors/image_errors.ts";
import { DamagedFileError } from "../../../src/errors/store_errors.ts";
import { EMPTY_CONF } from "../../../src/formats/config/registries_conf.ts";
import { serveHostile } from "../../support/servers/hostile_server.ts";
import type { TempDir } from "../../support/temp_dir.ts";
import { trustedDir } from "../../support/trusted_dir.ts";

const ANN = { kind: "password", username: "ann", password: "secret" } as const;
const HEADER = `Basic ${btoa("ann:secret")}`;

/** A registry that knows one password. */
function serveLogin() {
  return serveHostile((request) => {
    const isKnown = request.headers.get("authorization") === HEADER;
    return new Response("", {
      status: isKnown ? 200 : 401,
      headers: { "www-authenticate": 'Basic realm="test"' },
    });
  });
}

function optionsIn(dir: Pick<TempDir, "join">): LoginOptions {
  return {
    registriesConf: dir.join("registries.conf"),
    authFile: dir.join("auth.json"),
    tlsVerify: false,
    retry: { tries: 1 },
  };
}

async function readAuth(dir: Pick<TempDir, "join">): Promise<unknown> {
  return JSON.parse(await Deno.readTextFile(dir.join("auth.json")));
}

Deno.test("logIn() keeps what a registry takes, and logOut() forgets it", async () => {
  await using server = serveLogin();
  using dir = trustedDir();
  const { host } = server;
  await Deno.writeTextFile(dir.join("registries.conf"), "");
  const options = optionsIn(dir);
  const auth = btoa("ann:secret");
  const file = dir.join("auth.json");
  assertEquals(await logIn(host, ANN, options), { source: file });
  assertEquals(await readAuth(dir), { auths: { [host]: { auth } } });
  assertEquals(await logIn(`${host}/team`, ANN, options), { source: file });
  assertEquals(await readAuth(dir), {
    auths: { [host]: { auth }, [`${host}/team`]: { auth } },
  });
  assertEquals(
    server.requests.map(({ method, url }) => [
      ...[method, new URL(url).pathname],
    ]).slice(-1),
    [["GET", "/v2/"]],
  );
  const found = await findLogin(`${host}/team/app`, options);
  assertEquals(found?.credentials, ANN);
  assertEquals(found?.source, `"${host}/team" in "${file}"`);
  assertEquals(
    (await findLogin(host, options))?.source,
    `"${host}" in "${file}"`,
  );
  assertEquals(await findLogin("other.test", options), undefined);

  await logOut(host, options);
  assertEquals(await readAuth(dir), {
    auths: { [`${host}/team`]: { auth } },
  });
  const error = await assertRejects(
    () => logOut(host, options),
    NotLoggedInError,
  );
  assertEquals(error.message, `Cannot log out: not logged into ${host}`);
  await logOutOfAll(options);
  assertEquals(await findLogin(`${host}/team`, options), undefined);
});

Deno.test("logIn() keeps nothing that a registry refuses", async () => {
  await using server = serveLogin();
  using dir = trustedDir();
  await Deno.writeTextFile(dir.join("registries.conf"), "");
  const options = optionsIn(dir);
  const wrong = { ...ANN, password: "wrong" };
  const { host } = server;
  await assertRejects(() => logIn(host, wrong, options), UnauthorizedError);
  await assertRejects(() => Deno.stat(dir.join("auth.json")));
  assert(!(await isLoginAccepted(host, wrong, options)));
  assert(await isLoginAccepted(host, ANN, options));
  await assertRejects(() => Deno.stat(dir.join("auth.json")));
  await assertRejects(() => logIn("a b", ANN, options), SyntaxError);
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(
    () => isLoginAccepted(host, ANN, { ...options, signal }),
    Error,
    "enough",
  );
});

Deno.test("isLoginAccepted() distinguishes a refusal from no answer", async () => {
  await using server = serveHostile(() => new Response("", { status: 500 }));
  using dir = trustedDir();
  await Deno.writeTextFile(dir.join("registries.conf"), "");
  const options = optionsIn(dir);
  await assertRejects(
    () => isLoginAccepted(server.host, ANN, options),
    RegistryError,
  );
});

Deno.test("logIn() leaves a damaged file as it is", async () => {
  await using server = serveLogin();
  using dir = trustedDir();
  await Deno.writeTextFile(dir.join("registries.conf"), "");
  await Deno.writeTextFile(dir.join("auth.json"), "{");
  const options = optionsIn(dir);
  for (
    const call of [
      () => logIn(server.host, ANN, options),
      () => logOut(server.host, options),
      () => findLogin(server.host, options),
    ]
  ) await assertRejects(call, DamagedFileError);
  assertEquals(await Deno.readTextFile(dir.join("auth.json")), "{");
});

Deno.test("logIn() asks the helper that registries.conf names", async () => {
  await using server = serveLogin();
  using dir = trustedDir();
  await Deno.writeTextFile(
    dir.join("registries.conf"),
    "credential-helpers = [",
  );
  await assertRejects(() => logIn(server.host, ANN, optionsIn(dir)));
  assertEquals(server.requests, []);
});

Deno.test("defaultRegistry() is the first one to search", () => {
  assertEquals(defaultRegistry(EMPTY_CONF), undefined);
  const searchRegistries = ["a.test", "b.test"];
  assertEquals(defaultRegistry({ ...EMPTY_CONF, searchRegistries }), "a.test");
});
