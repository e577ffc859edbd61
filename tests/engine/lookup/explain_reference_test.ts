import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  explainReference,
  type Explanation,
} from "../../../src/engine/lookup/explain_reference.ts";
import { InvalidImageNameError } from "../../../src/errors/naming_errors.ts";
import { explainText } from "../../../src/cli/render/explain_text.ts";
import { needs } from "../../support/peers.ts";
import { makeAuthority } from "../../support/servers/make_certificates.ts";
import { type TempDir, tempDir, writeFiles } from "../../support/temp_dir.ts";

const PLATFORM = { os: "linux", architecture: "arm64" };

Deno.test({
  name: "explainReference() reports which file reports what",
  ...needs("openssl"),
  async fn() {
    using dir = tempDir();
    await writeConfig(dir);
    const explained = await explain("box:1", dir);
    const conf = dir.join("etc/containers/registries.conf");
    const dropIn = dir.join("usr/containers/registries.conf.d/1.conf");
    assertEquals(explained.files, [conf, dropIn]);
    assertEquals(explained.resolved, {
      by: "alias",
      source: dropIn,
      shortNameMode: "enforcing",
    });
    assertEquals(explained.names, [{
      name: "q.io/team/box:1",
      endpoints: [{
        name: "m.lan:5000/box:1",
        requests: ["https", "http"].map((scheme) => ({
          url: `${scheme}://m.lan:5000/v2/box/manifests/1`,
        })),
        isMirror: true,
        entry: { prefix: "q.io/team", source: conf },
        tls: {
          verify: false,
          why: `insecure in [[registry.mirror]] of "${conf}"`,
          authorities: [],
        },
        login: {
          source: `"m.lan:5000" in "${dir.join("containers/auth.json")}"`,
        },
        problems: [],
      }, {
        name: "d.lan/box:1",
        requests: [{ url: "https://d.lan/v2/box/manifests/1" }],
        isMirror: true,
        entry: { prefix: "q.io/team", source: conf },
        refusal: "it is for digests only",
        tls: { verify: true, authorities: [] },
        problems: [],
      }, {
        name: "q.io/team/box:1",
        requests: [{ url: "https://q.io/v2/team/box/manifests/1" }],
        isMirror: false,
        entry: { prefix: "q.io/team", source: conf },
        tls: {
          verify: true,
          authorities: [dir.join("etc/containers/certs.d/q.io/ca.crt")],
        },
        problems: [],
      }],
    }]);
    const text = explainText(explained, { paint: (_, text) => text });
    assert(!`${JSON.stringify(explained)}${text}`.includes("SECRET"));
    assertEquals(text.replaceAll(dir.path, "").split("\n").slice(-15), TEXT);
  },
});

const TEXT = `q.io/team/box:1
  1. mirror m.lan:5000/box:1
     entry     prefix "q.io/team" in /etc/containers/registries.conf
     url       https://m.lan:5000/v2/box/manifests/1
     url       else http://m.lan:5000/v2/box/manifests/1
     tls       not verified: insecure in [[registry.mirror]] of "/etc/containers/registries.conf"
     login     "m.lan:5000" in "/containers/auth.json"
  2. mirror d.lan/box:1: not asked, it is for digests only
     entry     prefix "q.io/team" in /etc/containers/registries.conf
  3. q.io/team/box:1
     entry     prefix "q.io/team" in /etc/containers/registries.conf
     url       https://q.io/v2/team/box/manifests/1
     tls       verified by this machine's CAs
     ca        /etc/containers/certs.d/q.io/ca.crt
     login     none`.split("\n").slice(-15);

Deno.test("explainReference() reports what keeps a place from being asked", async () => {
  using dir = tempDir();
  await writeFiles(dir, {
    "etc/containers/certs.d/q.io/me.cert": "",
    "containers/auth.json": "{",
  });
  const { names } = await explain("q.io/a", dir);
  const problems = names[0]?.endpoints[0]?.problems ?? [];
  assertEquals(problems.length, 2);
  assert(problems[0]?.includes("me.key is missing"), problems[0]);
  assert(problems[1]?.includes("auth.json"), problems[1]);
});

Deno.test("explainReference() reports what is read from elsewhere", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["oci:/a/b", 'OCI layout in directory "/a/b", its only image'],
    ["oci:/a/b:1", 'OCI layout in directory "/a/b", image "1"'],
    ["oci:/a/b:@2", 'OCI layout in directory "/a/b", image at position 2'],
    ["oci-archive:/a.tar", 'OCI layout in archive "/a.tar", its only image'],
    [
      "docker-archive:/a.tar:box:1",
      'archive of docker save "/a.tar", image "docker.io/library/box:1"',
    ],
    ["dir:/a", 'directory of blobs "/a"'],
    ["containers-storage:box", "orlop's store"],
    ["containers-storage:[overlay@/s+/r]box", 'the store "/s"'],
  ];
  for (const [reference, reads] of cases) {
    await t.step(reference, async () => {
      const explained = await explainReference(reference);
      assertEquals([explained.reads, explained.names], [reads, []]);
    });
  }
});

Deno.test("explainReference() refuses what no pull could begin with", async () => {
  using dir = tempDir();
  await assertRejects(() => explain("box", dir), InvalidImageNameError);
  await assertRejects(() => explain("A", dir), SyntaxError);
});

async function explain(name: string, dir: TempDir): Promise<Explanation> {
  return await explainReference(name, {
    platform: PLATFORM,
    systemDirectory: dir.join("etc"),
    vendorDirectory: dir.join("usr"),
    cacheDirectory: dir.join("cache"),
    env: { "XDG_RUNTIME_DIR": dir.path },
  });
}

async function writeConfig(dir: TempDir): Promise<void> {
  await writeFiles(dir, {
    "etc/containers/registries.conf": `short-name-mode = "enforcing"
      [[registry]]
      location = "q.io/team"
      [[registry.mirror]]
      location = "m.lan:5000"
      insecure = true
      [[registry.mirror]]
      location = "d.lan"
      pull-from-mirror = "digest-only"`,
    "usr/containers/registries.conf.d/1.conf":
      '[aliases]\nbox = "q.io/team/box"',
    "containers/auth.json": JSON.stringify({
      auths: { "m.lan:5000": { auth: btoa("me:SECRET") } },
    }),
    "etc/containers/certs.d/q.io/x": "",
  });
  await makeAuthority(dir.path);
  const folder = dir.join("etc/containers/certs.d/q.io");
  await Deno.copyFile(dir.join("ca.crt"), `${folder}/ca.crt`);
}
