import { assert, assertEquals } from "@std/assert";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { needs } from "../../support/peers.ts";
import {
  PEERS,
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";

/** Templates that podman can run, too, by the command that they are for. */
const TEMPLATES: readonly [command: string, templates: readonly string[]][] = [
  ["images", [
    "{{.ID}}",
    "{{ .Id }}",
    "{{.Repository}}:{{.Tag}}",
    "{{.ID}}\\t{{.Repository}}\\n",
    "{{.Digest}}",
    "{{.RepoTags}} {{.RepoDigests}}",
    "{{.Names}}",
    "{{.Containers}} {{.Dangling}} {{.ReadOnly}}",
    "{{.CreatedAt}} {{.CreatedTime}}",
    "{{len .RepoTags}}{{range .Names}}<{{.}}>{{end}}",
    "{{range $i, $name := .Names}}{{if $i}},{{end}}{{$name}}{{end}}",
    '{{join .RepoTags ","}} {{upper .Tag}} {{title .Tag}}',
    '{{.ID | printf "%.4s"}} {{slice .Digest 0 12}} {{truncate .Id 5}}',
    '{{if eq .Tag "1"}}one{{else if eq .Tag "2"}}two{{else}}more{{end}}',
    "{{with .Labels}}{{.}}{{else}}no labels{{end}}",
    "{{$tag := .Tag}}{{$tag}}{{/* not shown */}} {{- $tag -}} .",
    '{{println .ID "x"}}',
    "table {{.ID}} {{.Repository}}",
    "table {{.Repository}}\\t{{.Tag}}",
    "table {{.RepoTags}}",
    "table {{.ID}} {{.Digest}}",
  ]],
  ["image inspect NAME", [
    "{{.Id}} {{.ID}}",
    "{{.Digest}}",
    "{{.RepoTags}} {{index .RepoTags 0}}",
    "{{.RepoDigests}}",
    "{{.Os}}/{{.Architecture}}",
    "{{.Config.Env}} {{.Config.Cmd}} {{.Config.Entrypoint}}",
    "{{json .Config.Env}}",
    "{{json .RepoTags}}",
    "{{.Config.WorkingDir}}|{{.Config.User}}|{{.Config.StopSignal}}",
    '{{.Config.Labels}} {{index .Config.Labels "org.example"}}',
    "{{.Config.ExposedPorts}} {{.Config.Volumes}}",
    "{{json .Config.ExposedPorts}} {{json .Labels}}",
    "{{range $key, $value := .Labels}}{{$key}}={{$value}};{{end}}",
    "{{.RootFS.Type}} {{.RootFS.Layers}} {{len .RootFS.Layers}}",
    "{{json .RootFS}}",
    "{{.Author}} {{.Comment}} {{.User}}",
    "{{.Created}}",
    "{{range .History}}{{.CreatedBy}} {{.EmptyLayer}}{{end}}",
    "{{.Annotations}} {{.ManifestType}}",
    "{{.GraphDriver}} {{json .GraphDriver.Data}}",
    "{{range .Config.Env}}{{println .}}{{end}}",
  ]],
  ["ps --all", [
    "{{.ID}} {{.Names}}",
    "{{.ImageID}} {{len .Names}}",
    "{{.Pod}}|{{.PodName}}|{{.IsInfra}}",
    "{{.Ports}}|{{.IsInfra}}",
    "table {{.ID}} {{.Names}}",
    "table {{.ImageID}} {{.Pod}} {{.PodName}}",
  ]],
  ["container inspect c1", [
    "{{.Id}} {{.ID}}",
    "{{.Name}}{{with .Pod}} in a pod{{end}}",
  ]],
  ["history NAME", [
    "{{.CreatedBy}}|{{.Comment}}",
    "table {{.CreatedBy}}",
  ]],
];

const REFUSED: readonly [command: string, template: string][] = [
  ["images", "{{.ID"],
  ["images", "{{.NoSuchField}}"],
  ["images", "{{nosuchfunction .ID}}"],
  ["images", "{{index .Names 9}}"],
  ["images", "{{if .ID}}"],
  ["images", "{{end}}"],
  ["image inspect NAME", "{{.Config.NoSuchField}}"],
  ["image inspect NAME", "{{range .Id}}{{end}}"],
  ["image inspect NAME", '{{join .Id ","}}'],
  ["image inspect NAME", "{{.Id | .Os}}"],
];

Deno.test({
  name: "templates show what podman shows of the same store",
  ...needs(...PEERS),
  fn: async (t) => {
    await using store = sharedStore();
    await fill(store);
    for (const [command, templates] of TEMPLATES) {
      const words = wordsOf(command);
      for (const template of templates) {
        await t.step(`${command}: ${template}`, async () => {
          const args = [...words, "--format", template];
          assertEquals(await store.orlop(...args), await store.podman(...args));
        });
      }
    }
  },
});

Deno.test({
  name: "templates that podman refuses are refused, and print nothing",
  ...needs(...PEERS),
  fn: async (t) => {
    await using store = sharedStore();
    await fill(store);
    for (const [command, template] of REFUSED) {
      await t.step(`${command}: ${template}`, async () => {
        const args = [...wordsOf(command), "--format", template];
        const podman = await store.podman(...args).then(() => 0, () => 125);
        const { code, out, err } = await store.tryOrlop(...args);
        assertEquals([podman, code, out], [125, 2, ""]);
        const [line = ""] = err.split("\n");
        const start = `orlop: Cannot use "--format=${template}": at character `;
        assert(line.startsWith(start), line);
      });
    }
  },
});

const NAME = "localhost/app:1";

function wordsOf(command: string): string[] {
  return command.split(" ").map((word) => word === "NAME" ? NAME : word);
}

/** An image with all that a config can have, and a container of it. */
async function fill(store: SharedStore): Promise<void> {
  const layout = store.join("layout");
  await writeBusyboxLayout(layout);
  const base = await store.podman("pull", "--quiet", `oci:${layout}:latest`);
  const container = await store.buildah("from", base);
  await store.buildah(
    "config",
    ...["--env", "A=1", "--env", "B=x y", "--cmd", "echo hi", "--user", "1:2"],
    ...["--label", "org.example=yes", "--label", "a=b", "--port", "80/tcp"],
    ...["--volume", "/data", "--workingdir", "/srv", "--author", "Someone"],
    ...["--created-by", "by hand", "--history-comment", "a comment"],
    container,
  );
  await store.buildah("commit", "--quiet", "--rm", container, NAME);
  await store.podman("rmi", base); // so that nothing depends on an order
  await store.podman("tag", NAME, "localhost/other/name:2");
  await store.podman("create", "--name", "c1", "--network=none", NAME);
}
