import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { findCertificates } from "../../../src/registry/config/load_certificates.ts";
import { needs } from "../../support/peers.ts";
import {
  makeAuthority,
  makeClientCertificate,
} from "../../support/servers/make_certificates.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

Deno.test({
  name: "findCertificates() takes the first folder of a host",
  ...needs("openssl"),
  async fn() {
    using dir = tempDir();
    await makeAuthority(dir.path);
    const places = {
      systemDirectory: dir.join("etc"),
      vendorDirectory: dir.join("usr"),
      env: { HOME: dir.join("home") },
    };
    const folders = [
      "home/.config/containers/certs.d",
      "etc/containers/certs.rootful.d",
      "etc/containers/certs.d",
      "usr/containers/certs.rootful.d",
      "usr/containers/certs.d",
      "etc/docker/certs.d",
    ].map((folder) => dir.join(folder));
    for (const folder of folders) {
      for (const host of ["q.io", "q.io:443"]) {
        await Deno.mkdir(`${folder}/${host}`, { recursive: true });
      }
      await Deno.copyFile(dir.join("ca.crt"), `${folder}/q.io/b.crt`);
      await Deno.copyFile(dir.join("ca.crt"), `${folder}/q.io/a.crt`);
    }
    const find = async (host: string) =>
      (await findCertificates(host, places)).authorities;
    for (const folder of folders) {
      const files = ["a.crt", "b.crt"].map((name) => `${folder}/q.io/${name}`);
      assertEquals(await find("q.io"), files);
      // The port counts, even the usual one.
      assertEquals(await find("q.io:443"), []);
      await Deno.remove(`${folder}/q.io`, { recursive: true });
    }
    assertEquals((await findCertificates("q.io", places)).folder, undefined);
  },
});

/** How a folder with a CA and a client's pair is spoilt, and what that gives. */
type Case = readonly [
  name: string,
  spoil: (dir: TempDir) => Promise<void> | void,
  says: RegExp,
];

const CASES: readonly Case[] = [
  [
    "a certificate without key",
    (dir) => Deno.remove(dir.join("me.key")),
    /"\/.*\/me\.cert": me\.key is missing beside it; a CA's file is to end in \.crt/,
  ],
  [
    "a key without certificate",
    (dir) => Deno.remove(dir.join("me.cert")),
    /\/me\.key": me\.cert is missing beside it$/,
  ],
  [
    "a CA that is no PEM",
    (dir) => Deno.writeTextFile(dir.join("ca.crt"), "0\x82"),
    /\/ca\.crt": it has no certificate in PEM/,
  ],
  [
    "a damaged CA",
    (dir) => spoil(dir.join("ca.crt")),
    /\/ca\.crt": a certificate in it is damaged/,
  ],
  [
    "a client certificate that is no PEM",
    (dir) => Deno.writeTextFile(dir.join("me.cert"), "0\x82"),
    /\/me\.cert": it has no certificate in PEM/,
  ],
  [
    "a damaged certificate",
    (dir) => spoil(dir.join("me.cert")),
    /\/me\.cert": its certificate is damaged/,
  ],
  [
    "a damaged key",
    (dir) => spoil(dir.join("me.key")),
    /\/me\.key": its key is damaged/,
  ],
  [
    "a certificate in the key's place",
    (dir) => Deno.copyFile(dir.join("me.cert"), dir.join("me.key")),
    /\/me\.key": it has no private key in PEM/,
  ],
  [
    "another's key",
    (dir) => Deno.copyFile(dir.join("ca-key.pem"), dir.join("me.key")),
    /\/me\.cert": it is not for the key in ".*\/me\.key"/,
  ],
  [
    "an encrypted key",
    (dir) => encrypt(dir.join("me.key")),
    /\/me\.key": it is encrypted; remove its passphrase/,
  ],
  [
    "a folder in a file's place",
    async (dir) => {
      await Deno.remove(dir.join("ca.crt"));
      await Deno.mkdir(dir.join("ca.crt"));
    },
    /Cannot read "\/.*\/ca\.crt": it is no regular file/,
  ],
];

Deno.test("findCertificates() names the file that is of no use", {
  ...needs("openssl"),
}, async (t) => {
  using whole = tempDir();
  await makeAuthority(whole.path);
  await makeClientCertificate(whole.join("me"), { authority: whole.path });
  await t.step("nothing", async () => {
    const found = await findCertificates("q.io", { certDir: whole.path });
    assertEquals(found.authorities, [whole.join("ca.crt")]);
    assertEquals(found.client, whole.join("me.cert"));
    assertEquals(found.tls.caCerts?.length, 1);
    assertMatch(found.tls.clientCertificate?.key ?? "", /PRIVATE KEY/);
  });
  for (const [name, spoil, says] of CASES) {
    await t.step(name, async () => {
      using dir = tempDir();
      for (const file of ["ca.crt", "ca-key.pem", "me.cert", "me.key"]) {
        await Deno.copyFile(whole.join(file), dir.join(file));
      }
      await spoil(dir);
      const error = await assertRejects(
        () => findCertificates("q.io", { certDir: dir.path }),
        Error,
      );
      assertMatch(error.message, says);
    });
  }
});

/** Keeps what is around the bytes. */
async function spoil(path: string): Promise<void> {
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.replace(/-\n.{8}/, "-\nAAAAAAAA"));
}

async function encrypt(path: string): Promise<void> {
  const args = ["pkcs8", "-topk8", "-in", path, "-passout", "pass:x"];
  const { stdout } = await new Deno.Command("openssl", { args }).output();
  await Deno.writeFile(path, stdout);
}
