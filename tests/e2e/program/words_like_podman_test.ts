import { assertEquals, assertStringIncludes } from "@std/assert";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { needs } from "../../support/peers.ts";
import {
  PEERS,
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";

/** Commands that tell podman's users the same as podman does. */
const SAME: readonly string[] = [
  "image exists localhost/base:1",
  "image exists base:1",
  "image exists nope",
  "image exists NOPE:::",
  "container exists c1",
  "container exists nope",
  "container exists --external c1",
  "pod exists nope",
  "rm --force nope",
  "rm --ignore nope",
  "rmi --force nope",
  "pod rm --force nope",
  "stop --ignore nope",
  "images --quiet",
  "images --quiet --no-trunc",
  "images --all --quiet",
  "images -a -q --sort id",
  "images --format {{.Repository}} --sort repository",
  "images --format {{.Tag}} --sort tag",
  "images --format {{.Repository}} --sort size",
  "images -n --format {{.ID}} base",
  "images -q --filter dangling=true",
  "images -q --filter dangling=F",
  "images -q --filter reference=base",
  "images -q --filter reference=*a*",
  "images -q --filter reference=localhost/*",
  "images -q --filter label=org.example",
  "images -q --filter label=org.example=yes",
  "images -q --filter label=org.example=no",
  "images -q --filter before=made:2",
  "images -q --filter since=base:1",
  "images -q --filter since=made:2",
  "images -q --filter containers=true",
  "images -q --filter containers=false",
  "images -q --filter until=1h",
  "images -q --filter until=2001-02-03",
  "images -q --filter readonly=true",
  "inspect --format {{.Id}} made:2",
  "inspect --type image --format {{.Digest}} base:1",
  "inspect --format {{.Name}} c1",
  "image inspect -f {{.RepoTags}} made:2 base:1",
];

Deno.test({
  name: "what podman's users type has podman's answer",
  ...needs(...PEERS),
  fn: async (t) => {
    await using store = sharedStore();
    await fill(store);
    for (const line of SAME) {
      await t.step(line, async () => {
        const args = line.split(" ");
        const { code, out, err } = await store.tryOrlop(...args);
        const theirs = await store.podman(...args).then(
          (out) => ({ code: 0, out }),
          // An answer of `exists`; podman says nothing else by this code.
          () => ({ code: 1, out: "" }),
        );
        assertEquals({ code, out }, theirs, err);
      });
    }
  },
});

Deno.test({
  name: "ps shows what its filters ask for",
  ...needs(...PEERS),
  fn: async (t) => {
    await using store = sharedStore();
    await fill(store);
    await store.orlop("pod", "create", "web");
    await store.orlop(
      ...["container", "create", "--pod=web", "--name=app", "--label=a=b"],
      "base:1",
    );
    const id = await store.orlop("inspect", "--format={{.Id}}", "base:1");
    const table: readonly [filter: string, names: string][] = [
      ["label=a", "app"],
      ["label=a=b", "app"],
      ["label=a=c", ""],
      ["ancestor=base:1", "app"],
      [`ancestor=${id}`, "app"],
      ["status=Created", "app web-infra,web"],
      ["owner=podman", "c1"],
    ];
    for (const [filter, names] of table) {
      await t.step(filter, async () => {
        const out = await store.orlop(
          ...["ps", "--filter", filter, "--format={{.Names}}"],
        );
        assertEquals(out.split("\n").toSorted(), names.split(" ").toSorted());
      });
    }
    for (const filter of ["status=stopped", "owner=me", "exited=x"]) {
      await t.step(filter, async () => {
        const { code, err } = await store.tryOrlop("ps", "--filter", filter);
        assertEquals(code, 2);
        assertStringIncludes(err, `Cannot use "--filter=${filter}": `);
      });
    }
    await store.orlop("pod", "rm", "--force", "web");
  },
});

Deno.test({
  name: "inspect finds any object, and reports what there is none of",
  ...needs(...PEERS),
  fn: async () => {
    await using store = sharedStore();
    await fill(store);
    await store.orlop("pod", "create", "web");
    await store.orlop(
      ...["container", "create", "--pod=web", "--name=app", "--label=a=b"],
      ...["-v=/srv:/data", "base:1", "echo", "hi"],
    );
    const names = ["app", "web", "base:1", "nope", "c1"];
    const all = await store.tryOrlop(
      ...["inspect", "--format", "{{.Id}}", ...names],
    );
    assertEquals(all.code, 3);
    assertEquals(all.out.split("\n").length, 4);
    assertStringIncludes(
      all.err,
      'Cannot find "nope": no container, image or pod has this name or ID',
    );
    const image = await store.tryOrlop("inspect", "--type=image", "app");
    assertEquals([image.code, image.out], [3, "[]"]);
    assertStringIncludes(image.err, 'Cannot find image "app"');
    const pod = await store.orlop("inspect", "--type=pod", "web");
    assertEquals(JSON.parse(pod)[0].NumContainers, 2);
    assertEquals((await store.tryOrlop("pod", "exists", "web")).code, 0);
    const fields = "{{.Labels}} {{.Command}} {{.Mounts}}|{{.Ports}}";
    assertStringIncludes(
      await store.orlop("ps", "--filter=name=app", "--format", fields),
      "map[a:b] echo hi ",
    );
    assertEquals(
      await store.orlop(
        ...["container", "inspect", "app", "--format"],
        '{{.Config.Labels}} {{range .Mounts}}{{if eq .Source "/srv"}}' +
          "{{.Destination}}{{end}}{{end}} {{.State.Status}}",
      ),
      "map[a:b] /data created",
    );
    await store.orlop("pod", "rm", "--force", "web");
  },
});

Deno.test({
  name: "rmi --all removes what no container uses, and reports what stays",
  ...needs(...PEERS),
  fn: async () => {
    await using store = sharedStore();
    await fill(store);
    const both = await store.tryOrlop("rmi", "--all", "base:1");
    assertEquals(both.code, 2);
    assertStringIncludes(both.err, 'Cannot use "--all" with "base:1"');
    const neither = await store.tryOrlop("rmi");
    assertEquals(neither.code, 2);
    assertStringIncludes(
      neither.err,
      "Cannot tell which: name an image, or use --all",
    );
    const { code, out, err } = await store.tryOrlop("rmi", "-a");
    assertEquals(code, 4);
    assertStringIncludes(err, "c1");
    assertStringIncludes(out, "Untagged: localhost/base:1");
    assertEquals(
      await store.orlop("images", "--format", "{{.Repository}}"),
      "localhost/made\nlocalhost/other/name",
    );
    await store.podman("rm", "c1");
    await store.orlop("image", "rm", "--all");
    assertEquals(await store.podman("images", "--quiet"), "");
    assertEquals((await store.tryOrlop("rmi", "-a")).code, 0);
  },
});

/** Two images, one of two names, and podman's container of it. */
async function fill(store: SharedStore): Promise<void> {
  const layout = store.join("layout");
  await writeBusyboxLayout(layout);
  const base = await store.podman("pull", "--quiet", `oci:${layout}:latest`);
  await store.podman("tag", base, "localhost/base:1");
  const [name = ""] = JSON.parse(
    await store.podman("image", "inspect", "--format={{json .RepoTags}}", base),
  ).filter((tag: string) => tag !== "localhost/base:1");
  await store.podman("untag", base, name);
  // podman's order goes by seconds.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const container = await store.buildah("from", base);
  await store.buildah("config", "--label=org.example=yes", container);
  const bytes = store.join("bytes");
  await Deno.writeTextFile(bytes, "x".repeat(9999));
  await store.buildah("copy", "--quiet", container, bytes, "/bytes");
  const made = "localhost/made:2";
  await store.buildah("commit", "--quiet", "--rm", container, made);
  await store.podman("tag", made, "localhost/other/name:3");
  await store.podman("create", "--name", "c1", "--network=none", made, "sh");
}
