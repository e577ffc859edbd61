/** Images looked at where they are, beside skopeo and podman. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import { PEERS, sharedStore } from "../../support/programs/shared_store.ts";
import {
  REGISTRY_PROGRAMS,
  run,
  startRegistry,
} from "../../support/servers/registry_server.ts";
import { serveScript } from "../../support/servers/scripted_server.ts";

const USER = { name: "me", password: "secret" };
const LOGIN = ["--creds", `${USER.name}:${USER.password}`];
const RUN = {
  ...{ User: "1:2", ExposedPorts: { "80/tcp": {} }, Env: ["A=b", "C="] },
  ...{ Entrypoint: ["/e"], Cmd: [], Volumes: { "/v": {} }, WorkingDir: "/w" },
  ...{ Labels: { b: "2", a: "<&>" }, StopSignal: "9", Healthcheck: {} },
};
const ABOUT = {
  ...{ created: "2001-02-03T04:05:06.7+01:00", author: "a", variant: "v1" },
  history: [{ created_by: "x", empty_layer: true }, { comment: "y" }],
};

/** Arguments that skopeo takes, too; `R` is the registry. */
const LINES: readonly string[] = [
  "docker://R/app:oci",
  "docker://R/app:docker",
  "docker://R/bare:1",
  "--no-tags docker://R/app:oci",
  "-n docker://R/app:oci",
  "--raw docker://R/app:docker",
  "--config docker://R/app:oci",
  "--config docker://R/app:docker",
  "--config docker://R/bare:1",
  "--config --raw docker://R/app:docker",
  "--format {{.Digest}},{{.Labels}},{{.Env}} docker://R/app:oci",
  "--config --format {{.Author}} docker://R/app:oci",
  "oci:D/full:latest",
];

Deno.test("orlop looks at images elsewhere as skopeo does", {
  ...needs(...PEERS, ...REGISTRY_PROGRAMS),
}, async (t) => {
  await using store = sharedStore();
  await using registry = await startRegistry({ user: USER, tls: true });
  const layer = await layerOf({ file: "content" });
  await writeLayout(store.join("full"), [layer, layer], RUN, ABOUT);
  await writeLayout(store.join("bare"), [layer]);
  const certs = ["--cert-dir", registry.certDir];
  const copy = (from: string, name: string, format: string) =>
    run(
      ...["skopeo", "--insecure-policy", "copy", "-q", "--format", format],
      ...["--dest-tls-verify=false", "--dest-creds", LOGIN[1] ?? ""],
      ...[
        `oci:${store.join(from)}:latest`,
        `docker://${registry.host}/${name}`,
      ],
    );
  await copy("full", "app:oci", "oci");
  await copy("full", "app:docker", "v2s2");
  await copy("bare", "bare:1", "oci");

  for (const line of LINES) {
    await t.step(line, async () => {
      const words = line.split(" ").map((word) =>
        word.replace("R/", `${registry.host}/`).replace("D/", store.join("/"))
      );
      const args = line.includes("docker:") ? [...LOGIN, ...certs] : [];
      const theirs = await run("skopeo", "inspect", ...args, ...words);
      const ours = await store.orlop("image", "inspect", ...args, ...words);
      assertEquals(withoutNews(ours), unescape(theirs).trimEnd());
    });
  }

  await t.step("tags", async () => {
    const name = `docker://${registry.host}/app`;
    const theirs = await run("skopeo", "list-tags", ...LOGIN, ...certs, name);
    const args = [...LOGIN, ...certs, "--format=json", name];
    assertEquals(await store.orlop("tags", ...args), theirs.trimEnd());
  });

  await t.step("what is not there, or not for everybody", async () => {
    const name = `${registry.host}/app:none`;
    for (
      const words of [["image", "inspect", `docker://${name}`], [
        "manifest",
        "inspect",
        name,
      ]]
    ) {
      const known = await store.tryOrlop(...words, ...LOGIN, ...certs);
      assertEquals([known.code, known.out], [3, ""]);
      assertStringIncludes(known.err, `Cannot inspect "${name}": `);
      const stranger = await store.tryOrlop(...words, ...certs);
      assertEquals([stranger.code, stranger.out], [6, ""]);
    }
    const lost = await store.tryOrlop("inspect", `docker://${name}`);
    assertEquals([lost.code, lost.out], [3, "[]"]);
    assertStringIncludes(lost.err, 'elsewhere use "orlop image inspect"');
    const tags = await store.tryOrlop("tags", ...certs, `${registry.host}/app`);
    assertEquals([tags.code, tags.out], [6, ""]);
  });

  await t.step("lists of podman in the store, and in a registry", async () => {
    const { podman, orlop } = store;
    const name = `docker://${registry.host}/app:docker`;
    await podman("manifest", "create", "localhost/list:1");
    await podman(
      ...["manifest", "add", ...LOGIN, ...certs, "localhost/list:1", name],
    );
    // This podman shows lists as Docker's, whatever they are.
    const theirs = await podman("manifest", "inspect", "localhost/list:1");
    const entries = (text: string) => JSON.parse(text)["manifests"];
    const stored = await orlop("manifest", "inspect", "list:1");
    assertEquals(entries(stored), entries(theirs));
    const list = `${registry.host}/list:1`;
    await podman(
      ...["manifest", "push", "--all", ...LOGIN, ...certs, "localhost/list:1"],
      `docker://${list}`,
    );
    const args = [...LOGIN, ...certs];
    const remote = await orlop("manifest", "inspect", ...args, list);
    assertEquals(entries(remote), entries(theirs));
    const raw = ["image", "inspect", "--raw", ...args, `docker://${list}`];
    assertEquals(JSON.parse(await orlop(...raw)), JSON.parse(remote));
  });
});

/** Manifests as no tool writes them, and what becomes of them. */
const ODD: Readonly<Record<string, readonly [text: string, shown: string]>> = {
  "a number of many digits": ['{"9":1.0,"1":18446744073709551616}', ""],
  "a key twice": ['{"a":1,"a":2}', 'ambiguous, duplicate key "a"'],
  "no JSON": ["\u001b[2J", "not valid JSON"],
  "too many brackets": ["[".repeat(500) + "]".repeat(500), "nested deeper"],
};

Deno.test("orlop manifest inspect shows what is there, and no more", {
  ...needs("root"),
}, async (t) => {
  for (const [name, [body, says]] of Object.entries(ODD)) {
    await t.step(name, async () => {
      await using store = sharedStore();
      await using server = await serveScript([{ answer: { body } }]);
      const { code, out, err } = await store.tryOrlop(
        ...["manifest", "inspect", `${server.host}/x:1`],
      );
      assertEquals(code, says === "" ? 0 : 5, err);
      assertStringIncludes(err, says);
      if (says === "") assertEquals(out.replace(/\s/g, ""), body);
      assert(!err.includes("\u001b"));
    });
  }
});

/** Newer than this skopeo. */
function withoutNews(text: string): string {
  return text.replace(/ {4}"LayersData": \[\n[^]*?\n {4}\],\n/, "");
}

/** Go escapes what HTML would take for its own; it is the same JSON. */
function unescape(text: string): string {
  return text.replace(
    /\\u00(3c|3e|26)/g,
    (_, code) => String.fromCharCode(parseInt(code, 16)),
  );
}
