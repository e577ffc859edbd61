import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { parseRegistryKey } from "../../../src/formats/config/registry_key.ts";
import {
  type Login,
  removeAllCredentials,
  removeCredentials,
  storeCredentials,
} from "../../../src/registry/auth/store_credentials.ts";
import { trustedDir } from "../../support/trusted_dir.ts";

const ANN: Login = { kind: "password", username: "ann", password: "pw" };
const TOKEN: Login = { kind: "identity-token", token: "t", username: "bob" };
const KEY = parseRegistryKey("q.io");
const PART = parseRegistryKey("q.io/team");
const HUB = parseRegistryKey("docker.io");
const FILES = "containers-auth.json";

/** Notes what it is asked, and has something to forget for q.io and r.io. */
const NOTES = `#!/bin/sh
echo "$(basename "$0") $1 $(cat)" >>"$HOME/seen"
case $1 in
erase) exit 0 ;;
list) echo '{"q.io":"ann","r.io":"bob"}' ;;
esac`;
const FAILS = "#!/bin/sh\necho no >&2\nexit 1";

/** A folder with two helpers that take notes, and one that fails. */
async function place() {
  const dir = trustedDir();
  const programs: string[] = [];
  for (const [name, text] of [["a", NOTES], ["b", NOTES], ["bad", FAILS]]) {
    const path = dir.join(`docker-credential-${name}`);
    await Deno.writeTextFile(path, text ?? "", { mode: 0o755 });
    programs.push(path);
  }
  const authFile = dir.join("auth.json");
  const compatAuthFile = dir.join("config.json");
  const env = { HOME: dir.path, "ORLOP_HELPERS": programs.join(",") };
  return {
    containers: { authFile, env, credentialHelpers: [FILES] },
    docker: { compatAuthFile, env, credentialHelpers: ["a"] },
    asking: (...credentialHelpers: string[]) => ({
      ...{ authFile, env, credentialHelpers },
    }),
    write: (path: string, content: unknown) =>
      Deno.writeTextFile(path, JSON.stringify(content), { mode: 0o600 }),
    read: async (path: string) => JSON.parse(await Deno.readTextFile(path)),
    /** What helpers were asked since the last time. */
    seen: async () => {
      const text = await Deno.readTextFile(dir.join("seen")).catch(() => "");
      await Deno.remove(dir.join("seen")).catch(() => {});
      return text.split("\n").filter(Boolean)
        .map((line) => line.replace("docker-credential-", "").trim());
    },
    authFile,
    compatAuthFile,
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

Deno.test("storeCredentials() writes an entry of each kind", async (t) => {
  using at = await place();
  const { containers, docker, authFile, compatAuthFile } = at;
  await t.step("a password", async () => {
    assertEquals(await storeCredentials(KEY, ANN, containers), authFile);
    assertEquals(await at.read(authFile), {
      auths: { "q.io": { auth: btoa("ann:pw") } },
    });
  });
  await t.step("a token, of a part of a registry", async () => {
    assertEquals(await storeCredentials(PART, TOKEN, containers), authFile);
    assertEquals(await at.read(authFile), {
      auths: {
        "q.io": { auth: btoa("ann:pw") },
        "q.io/team": { auth: btoa("bob:"), identitytoken: "t" },
      },
    });
  });
  await t.step("in docker's file, its hub by its URL", async () => {
    assertEquals(await storeCredentials(HUB, ANN, docker), compatAuthFile);
    assertEquals(await storeCredentials(KEY, ANN, docker), compatAuthFile);
    const auth = btoa("ann:pw");
    assertEquals(await at.read(compatAuthFile), {
      auths: { "https://index.docker.io/v1/": { auth }, "q.io": { auth } },
    });
  });
  await t.step("no part of a registry in docker's file", async () => {
    for (const scenario of [storeIn, removeCredentials]) {
      const error = await assertRejects(() => scenario(PART, docker), Error);
      assertEquals(
        error.message,
        `Cannot keep credentials for "q.io/team" in "${compatAuthFile}": ` +
          'docker knows whole registries only; log in to "q.io", or use ' +
          "--authfile",
      );
    }
  });
  assertEquals(await at.seen(), []);
});

const storeIn = (
  key: typeof KEY,
  options: Parameters<typeof storeCredentials>[2],
) => storeCredentials(key, ANN, options);

Deno.test("storeCredentials() hands over to helpers", async (t) => {
  using at = await place();
  const { authFile, compatAuthFile } = at;
  const ask = { "ServerURL": "q.io", "Username": "ann", "Secret": "pw" };
  await t.step("of registries.conf, the first that takes them", async () => {
    const options = at.asking("bad", "b", "a");
    const kept = await storeCredentials(KEY, ANN, options);
    assertEquals(kept, "credential helper: b");
    assertEquals(await at.seen(), [`b store ${JSON.stringify(ask)}`]);
  });
  await t.step("a token, by its own name", async () => {
    await storeCredentials(KEY, TOKEN, at.asking("a"));
    const token = { ...ask, "Username": "<token>", "Secret": "t" };
    assertEquals(await at.seen(), [`a store ${JSON.stringify(token)}`]);
  });
  await t.step("the first error is told, if none takes them", async () => {
    await assertRejects(
      () => storeCredentials(KEY, ANN, at.asking("bad", "missing")),
      Error,
      "docker-credential-bad",
    );
  });
  await t.step("no part of a registry", async () => {
    const error = await assertRejects(
      () => storeCredentials(PART, ANN, at.asking("a")),
      Error,
    );
    assertEquals(
      error.message,
      'Cannot keep credentials for "q.io/team" by credential helper "a": ' +
        "helpers know whole registries only",
    );
    assertEquals(await at.seen(), []);
  });
  await t.step("of the file, for one registry", async () => {
    const before = { credHelpers: { "q.io": "b" }, credsStore: "a" };
    await at.write(authFile, before);
    const kept = await storeCredentials(KEY, ANN, at.containers);
    assertEquals(kept, "credential helper: b");
    assertEquals(await at.seen(), [`b store ${JSON.stringify(ask)}`]);
    assertEquals(await at.read(authFile), before);
  });
  await t.step("not to the file's store, but docker's", async () => {
    await at.write(authFile, { credsStore: "a" });
    assertEquals(await storeCredentials(KEY, ANN, at.containers), authFile);
    assertEquals(await at.seen(), []);
    await at.write(compatAuthFile, { credsStore: "a" });
    const kept = await storeCredentials(HUB, ANN, at.docker);
    assertEquals(kept, "credential helper: a");
    const server = "https://index.docker.io/v1/";
    const hub = { ...ask, "ServerURL": server };
    assertEquals(await at.seen(), [`a store ${JSON.stringify(hub)}`]);
    assertEquals(await at.read(compatAuthFile), {
      auths: { [server]: {} },
      credsStore: "a",
    });
  });
});

Deno.test("removeCredentials() forgets what was kept", async (t) => {
  using at = await place();
  const { authFile, compatAuthFile, containers } = at;
  await t.step("nothing, where there is no file, and makes none", async () => {
    assertFalse(await removeCredentials(KEY, containers));
    await assertRejects(() => Deno.stat(authFile), Deno.errors.NotFound);
  });
  await t.step("an entry, and no other", async () => {
    const auth = btoa("ann:pw");
    await at.write(authFile, {
      auths: { "q.io": { auth }, "q.io/team": { auth } },
    });
    assert(await removeCredentials(KEY, containers));
    assertEquals(await at.read(authFile), { auths: { "q.io/team": { auth } } });
    assertFalse(await removeCredentials(KEY, containers));
    assertEquals(await at.seen(), []);
  });
  await t.step("of the file's helper for it", async () => {
    await at.write(authFile, { credHelpers: { "q.io": "b" } });
    assert(await removeCredentials(KEY, containers));
    assertEquals(await at.seen(), ["b erase q.io"]);
    assertFalse(await removeCredentials(HUB, containers));
    assertEquals(await at.seen(), []);
  });
  await t.step("of docker's store, its hub by its URL", async () => {
    const server = "https://index.docker.io/v1/";
    await at.write(compatAuthFile, {
      auths: { [server]: {}, "q.io": {} },
      credsStore: "a",
    });
    assert(await removeCredentials(HUB, at.docker));
    assertEquals(await at.seen(), [`a erase ${server}`]);
    assertEquals(await at.read(compatAuthFile), {
      auths: { "q.io": {} },
      credsStore: "a",
    });
  });
  await t.step("of all helpers, also after one that fails", async () => {
    const options = at.asking("bad", "a", "b");
    await assertRejects(
      () => removeCredentials(KEY, options),
      Error,
      "docker-credential-bad",
    );
    assertEquals(await at.seen(), ["a erase q.io", "b erase q.io"]);
    assertFalse(await removeCredentials(PART, at.asking("a")));
    assertEquals(await at.seen(), []);
  });
});

Deno.test("removeAllCredentials() empties files and helpers", async (t) => {
  using at = await place();
  const { authFile, compatAuthFile } = at;
  await t.step("no file is none to make", async () => {
    await removeAllCredentials(at.containers);
    await assertRejects(() => Deno.stat(authFile), Deno.errors.NotFound);
  });
  await t.step("a file, and who keeps for it", async () => {
    const credHelpers = { "q.io": "b", "r.io": "" };
    await at.write(authFile, {
      ...{ auths: { "x.io": {} }, credHelpers, credsStore: "a" },
    });
    await removeAllCredentials(at.containers);
    assertEquals(await at.read(authFile), {
      ...{ auths: {}, credHelpers, credsStore: "a" },
    });
    assertEquals(await at.seen(), ["b erase q.io"]);
  });
  await t.step("docker's, with its store", async () => {
    await at.write(compatAuthFile, { auths: { "x.io": {} }, credsStore: "a" });
    await removeAllCredentials(at.docker);
    assertEquals(await at.read(compatAuthFile), {
      ...{ auths: {}, credsStore: "a" },
    });
    assertEquals(await at.seen(), ["a list", "a erase q.io", "a erase r.io"]);
  });
  await t.step("helpers of registries.conf", async () => {
    await removeAllCredentials(at.asking("a", "b"));
    assertEquals(await at.seen(), [
      ...["a list", "a erase q.io", "a erase r.io"],
      ...["b list", "b erase q.io", "b erase r.io"],
    ]);
  });
  await t.step("none after its caller gave up", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await assertRejects(
      () => removeAllCredentials({ ...at.asking("a"), signal }),
      Error,
      "enough",
    );
    assertEquals(await at.seen(), []);
  });
});
