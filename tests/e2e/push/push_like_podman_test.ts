/** Pushes as a user does them, and what podman and skopeo find then. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import {
  DOCKER_MANIFEST,
  OCI_MANIFEST,
} from "../../../src/formats/oci/media_types.ts";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { archive, file } from "../../support/images/tar_builder.ts";
import { needs } from "../../support/peers.ts";
import { startOrlop } from "../../support/programs/orlop_process.ts";
import { until } from "../../support/until.ts";
import {
  orlopIn,
  type OrlopProgram,
} from "../../support/programs/orlop_program.ts";
import {
  REGISTRY_PROGRAMS,
  run,
  startRegistry,
} from "../../support/servers/registry_server.ts";
import { serveScript } from "../../support/servers/scripted_server.ts";
import { noise } from "../../support/servers/served_image.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

const PEERS = ["root", "busybox", ...REGISTRY_PROGRAMS];

Deno.test("orlop push sends what podman pulls, and skopeo sees", {
  ...needs("podman", ...PEERS),
}, async (t) => {
  using dir = tempDir();
  await using registry = await startRegistry();
  const { host } = registry;
  const orlop = await withImage(dir);
  const digestFile = dir.join("digest");
  const push = async (...args: string[]) => {
    const { code, out, err } = await orlop(
      ...["push", "-q", "--digestfile", digestFile, ...args],
    );
    assertEquals([code, out, err], [0, "", ""]);
    return await Deno.readTextFile(digestFile);
  };
  const raw = (name: string) =>
    run("skopeo", "inspect", "--raw", "--tls-verify=false", `docker://${name}`);
  const first = await push("app:1", `${host}/org/app:1`);

  await t.step("the digest is the registry's", async () => {
    assertEquals(digestOf(await raw(`${host}/org/app:1`)), first);
  });
  await t.step("podman gets the same image", async () => {
    const { out: id } = await orlop("images", "-q", "--no-trunc");
    const store = ["--root", dir.join("p"), "--runroot", dir.join("pr")];
    const pulled = await run(
      "podman",
      ...[...store, "pull", "-q", "--tls-verify=false", `${host}/org/app:1`],
    );
    assertEquals(`sha256:${pulled.trim()}`, id);
  });
  await t.step("the same image has the same digest each time", async () => {
    assertEquals(await push("app:1", `docker://${host}/org/app:2`), first);
  });
  await t.step("it keeps it where its layers are, and sends none", async () => {
    const other = orlopIn(dir.join("other"));
    await other("pull", "-q", `${host}/org/app:1`);
    const before = registry.requests.length;
    const { code } = await other(
      ...["push", "-q", "--digestfile", digestFile],
      ...[`${host}/org/app:1`, `${host}/moved/app:1`],
    );
    assertEquals([code, await Deno.readTextFile(digestFile)], [0, first]);
    const sent = registry.requests.slice(before).map((r) => r.method);
    // One look at each blob, one mount of it, and the manifest.
    assertEquals(
      sent.toSorted().join(" "),
      "GET HEAD HEAD HEAD POST POST POST PUT",
    );
  });
  await t.step("nor does a copy within the registry", async () => {
    const before = registry.requests.length;
    const { code, out } = await orlop(
      ...["copy", "-q", `docker://${host}/org/app:1`],
      `docker://${host}/copied/app:1`,
    );
    assertEquals([code, out], [0, first]);
    const sent = registry.requests.slice(before)
      .filter(({ method }) => ["POST", "PATCH", "PUT"].includes(method))
      .map(({ method, status }) => `${method} ${status}`);
    assertEquals(sent, ["POST 201", "POST 201", "POST 201", "PUT 201"]);
  });
  await t.step("its own name reports where to", async () => {
    await orlop("tag", "app:1", `${host}/named:3`);
    assertEquals(await push(`${host}/named:3`), first);
  });
  await t.step("as Docker's, if that is wanted", async () => {
    await push("--format", "docker", "app:1", `${host}/org/app:d`);
    const { mediaType } = JSON.parse(await raw(`${host}/org/app:d`));
    assertEquals(mediaType, DOCKER_MANIFEST);
  });
  await t.step("by zstd, if that is wanted", async () => {
    await push("--compression-format", "zstd", "app:1", `${host}/org/app:z`);
    assertStringIncludes(await raw(`${host}/org/app:z`), "tar+zstd");
  });
  await t.step("elsewhere", async () => {
    await push("app:1", `oci:${dir.join("layout")}:1`);
    const layout = await run(
      ...["skopeo", "inspect", `oci:${dir.join("layout")}:1`] as const,
    );
    assertStringIncludes(layout, "Layers");
    await push("--compress", "app:1", `dir:${dir.join("folder")}`);
    const folder = await Deno.readTextFile(dir.join("folder/manifest.json"));
    assertStringIncludes(folder, "gzip");
  });
});

Deno.test("orlop push sends the manifest that a registry takes", {
  ...needs(...PEERS),
}, async (t) => {
  using dir = tempDir();
  await using registry = await startRegistry();
  const answer = {
    status: 400,
    body: '{"errors":[{"code":"MANIFEST_INVALID","message":"no OCI here"}]}',
  };
  await using old = await serveScript([{
    method: "PUT",
    match: /manifests/,
    act: ({ headers }) =>
      headers.get("content-type") === OCI_MANIFEST ? { answer } : undefined,
  }], { behind: registry.host });
  const orlop = await withImage(dir);
  await t.step("if no other is wanted", async () => {
    const { code, err } = await orlop("push", "app:1", `${old.host}/app:1`);
    assertEquals(code, 0, err);
    assertStringIncludes(err, "trying format v2s2");
  });
  await t.step("but not in place of what is wanted", async () => {
    const { code, err } = await orlop(
      ...["push", "-f", "oci", "app:1", `${old.host}/app:2`],
    );
    assertEquals(code, 6);
    assertStringIncludes(err, "MANIFEST_INVALID: no OCI here");
  });
});

Deno.test("orlop push reports what is wrong", {
  ...needs(...PEERS),
}, async (t) => {
  using dir = tempDir();
  const user = { name: "ann", password: "canary-3f" };
  await using registry = await startRegistry({ user });
  const { host } = registry;
  const orlop = await withImage(dir);
  const { out: id } = await orlop("images", "-q", "--no-trunc");
  const cases: readonly (readonly [string, number, string])[] = [
    ["none", 3, 'image "none" not present'],
    [id, 2, "an ID names no destination; specify a destination"],
    [`app:1 containers-storage:b`, 2, "use orlop copy or orlop tag"],
    ["app:1 docker-daemon:b:1", 2, "docker-daemon"],
    ["app:1 Oops/x", 2, "Oops"],
    [`app:1 ${host}/app:1`, 6, "there are none"],
    [
      `--creds ann:wrong app:1 ${host}/app:1`,
      6,
      "it needs (other) credentials; use orlop login or --creds (401",
    ],
    ["--compression-level 10 app:1 x.y/a", 2, "it is 1 to 9 for gzip"],
    ["-f docker --compression-format zstd app:1 x.y/a", 2, "no such layer"],
    ["--force-compression app:1 x.y/a", 2, "--compression-format"],
    ["--sign-by me app:1 x.y/a", 2, "orlop does not sign images"],
  ];
  for (const [line, expected, says] of cases) {
    await t.step(line, async () => {
      const { code, out, err } = await orlop("push", "-q", ...line.split(" "));
      assertStringIncludes(err, says);
      assertEquals([code, out], [expected, ""]);
      assert(!err.includes("wrong"), err);
    });
  }
  await t.step("but no password, however much it tells", async () => {
    const { code, out, err } = await orlop(
      ...["--log-level", "debug", "push", "--creds", `ann:${user.password}`],
      ...["app:1", `${host}/app:1`],
    );
    assertEquals([code, out], [0, ""]);
    assert(!err.includes("canary"), err);
  });
});

Deno.test("orlop push stops at Ctrl-C, and takes its upload back", {
  ...needs(...PEERS),
}, async () => {
  using dir = tempDir();
  await using registry = await startRegistry();
  await using slow = await serveScript(
    [{ method: "PATCH", stopRequestAt: 10_000, stop: "hang" }],
    { behind: registry.host },
  );
  await withImage(dir);
  const pushing = startOrlop(
    ...[dir.path, "push", "app:1", `${slow.host}/app:1`] as const,
  );
  await until(() => slow.requests.some(({ method }) => method === "PATCH"));
  pushing.kill("SIGINT");
  const { code, err } = await pushing.result;
  assertEquals(code, 130, err);
  assertEquals(slow.requests.at(-1)?.method, "DELETE");
});

/** Puts an image of two layers, one of them large, into a store below a folder. */
async function withImage(dir: TempDir): Promise<OrlopProgram> {
  const layout = dir.join("app");
  const text = noise(1_500_000).toHex();
  const large = archive(file("noise", text));
  await writeBusyboxLayout(layout, { layers: [large] });
  const orlop = orlopIn(dir.path);
  const { code, err } = await orlop("pull", "-q", `oci:${layout}`);
  assertEquals(code, 0, err);
  await orlop("tag", "localhost/app", "localhost/app:1");
  return orlop;
}
