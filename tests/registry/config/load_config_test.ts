import { assertEquals, assertRejects } from "@std/assert";
import { parseReference } from "../../../src/formats/oci/reference.ts";
import { findCredentials } from "../../../src/registry/auth/find_credentials.ts";
import { loadCertificates } from "../../../src/registry/config/load_certificates.ts";
import { loadRegistriesConf } from "../../../src/registry/config/load_registries_conf.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

Deno.test("loadRegistriesConf() reads drop-ins in order", async () => {
  using dir = tempDir();
  await write(dir, {
    "etc/containers/registries.conf": 'short-name-mode = "disabled"',
    "etc/containers/registries.conf.d/2.conf":
      'unqualified-search-registries = ["two.io"]',
    "etc/containers/registries.conf.d/1.conf":
      'unqualified-search-registries = ["one.io"]',
    "etc/containers/registries.conf.d/3.toml": "nonsense",
  });
  const conf = await loadRegistriesConf({ systemDirectory: dir.join("etc") });
  assertEquals(conf.shortNameMode, "disabled");
  assertEquals(conf.searchRegistries, ["two.io"]);
});

Deno.test("loadRegistriesConf() prefers the user's file", async () => {
  using dir = tempDir();
  await write(dir, {
    "etc/containers/registries.conf": 'short-name-mode = "disabled"',
    "home/.config/containers/registries.conf":
      'unqualified-search-registries = ["u.io"]',
  });
  const conf = await loadRegistriesConf({
    systemDirectory: dir.join("etc"),
    env: { HOME: dir.join("home") },
  });
  assertEquals(conf.shortNameMode, undefined);
  assertEquals(conf.searchRegistries, ["u.io"]);
});

Deno.test("loadRegistriesConf() wants a file that was named", async () => {
  using dir = tempDir();
  await assertRejects(
    () => loadRegistriesConf({ registriesConf: dir.join("none") }),
    Error,
  );
  const none = await loadRegistriesConf({ systemDirectory: dir.path });
  assertEquals(none.registries, []);
});

Deno.test("findCredentials() takes the first file that has some", async () => {
  using dir = tempDir();
  const auth = (text: string) =>
    JSON.stringify({ auths: { "q.io": { auth: btoa(text) } } });
  await write(dir, {
    "run/containers/auth.json": '{"auths":{"other.io":{"auth":"YTpi"}}}',
    "home/.config/containers/auth.json": auth("podman:1"),
    "home/.docker/config.json": auth("docker:1"),
  });
  const env = { HOME: dir.join("home"), "XDG_RUNTIME_DIR": dir.join("run") };
  const reference = parseReference("q.io/a");
  const found = await findCredentials(reference, { env });
  assertEquals(found, { kind: "password", username: "podman", password: "1" });
  assertEquals(
    await findCredentials(parseReference("n.io/a"), { env }),
    undefined,
  );
  const named = dir.join("home/.docker/config.json");
  const only = await findCredentials(reference, {
    env: { "REGISTRY_AUTH_FILE": named },
  });
  assertEquals(only, { kind: "password", username: "docker", password: "1" });
  await assertRejects(
    () => findCredentials(reference, { authFile: dir.join("none") }),
    Error,
    "no such file",
  );
});

Deno.test("findCredentials() says which helper it cannot ask", async () => {
  using dir = tempDir();
  await write(dir, { "auth.json": '{"credHelpers":{"q.io":"ecr-login"}}' });
  const warnings: string[] = [];
  await findCredentials(parseReference("q.io/a"), {
    authFile: dir.join("auth.json"),
    onWarning: (message) => void warnings.push(message),
  });
  assertEquals(warnings.length, 1);
});

Deno.test("loadCertificates() wants both halves of a pair", async () => {
  using dir = tempDir();
  await write(dir, {
    "etc/containers/certs.d/q.io:5000/ca.crt": "CA",
    "etc/containers/certs.d/q.io:5000/me.cert": "CERT",
    "etc/containers/certs.d/q.io:5000/me.key": "KEY",
    "etc/docker/certs.d/d.io/x.key": "KEY",
  });
  const options = { systemDirectory: dir.join("etc") };
  assertEquals(await loadCertificates("q.io:5000", options), {
    caCerts: ["CA"],
    clientCertificate: { cert: "CERT", key: "KEY" },
  });
  assertEquals(await loadCertificates("q.io", options), {});
  await assertRejects(
    () => loadCertificates("d.io", options),
    Error,
    "x.cert is missing",
  );
});

async function write(
  dir: TempDir,
  files: Record<string, string>,
): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = dir.join(name);
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
}
