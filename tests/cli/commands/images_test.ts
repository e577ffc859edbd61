import { assertEquals } from "@std/assert";
import { cliStore } from "../../support/cli_store.ts";
import { refuses, says } from "../../support/cli_says.ts";

const APP = "localhost/app:1";
const LIST = "images --format {{.Repository}}:{{.Tag}}";

Deno.test("image commands change names, and report what is there", async (t) => {
  using store = await cliStore();
  const { imageId } = store;
  const shown = imageId.slice(0, 12);
  await says(t, store, [
    [LIST, 0, [APP]],
    ["images -q", 0, [shown]],
    ["image ls --no-trunc -q", 0, [`sha256:${imageId}`]],
    ["images -n --format {{.Size}}", 0, ["983 B"]],
    [`image exists ${APP}`, 0, []],
    ["image exists nope", 1, []],
    [`tag ${APP} b:2 c`, 0, []],
    [LIST, 0, ["localhost/c:latest", "localhost/b:2", APP]],
    ["images --sort repository --format {{.Repository}}", 0, [
      ...["localhost/app", "localhost/b", "localhost/c"],
    ]],
    ["images --filter reference=b -q", 0, [shown]],
    ["images --filter dangling=true -q", 0, []],
    ["images --filter containers=true -q", 0, [shown]],
    ["images nope -q", 0, []],
    ["images b -q", 0, [shown]],
    ["images localhost/b:2 -q", 0, [shown]],
    ["images --filter until=1h -q", 0, [shown]],
    ["images --filter until=2020-01-01 -q", 0, []],
    [`images --filter before=${APP} -q`, 0, []],
    [`images --filter since=${APP} -q`, 0, []],
    [`images --filter after=${APP} -q`, 0, []],
    ["images --filter label=a -q", 0, []],
    ["images --filter readonly=true -q", 0, []],
    ["images --filter readonly=false -q", 0, [shown]],
    ["images --filter pinned=true -q", 0, []],
    ["images --filter pinned=false -q", 0, [shown]],
    ["images --filter used=true -q", 0, [shown]],
    ["images --filter used=false -q", 0, []],
    ["images --filter containers=false -q", 0, []],
    [`images --filter id=sha256:${shown} -q`, 0, [shown]],
    [`images --filter id=${shown.slice(1)} -q`, 0, []],
    ["images --filter digest=sha256: -q", 0, [shown]],
    ["images --filter digest=ha -q", 0, []],
    ["images --filter reference=*/b:2 -q", 0, [shown]],
    ["images --filter reference=b:3 -q", 0, []],
    [`images --filter reference=${shown} -q`, 0, [shown]],
    [`images --filter reference=${shown.slice(1)} -q`, 0, []],
    [`untag ${APP} b:2`, 0, []],
    [`rmi ${APP}`, 0, [`Untagged: ${APP}`]],
    [LIST, 0, ["localhost/c:latest"]],
    ["untag c", 0, []],
    [LIST, 0, ["<none>:<none>"]],
    ["images --filter dangling=true -q", 0, [shown]],
  ]);
});

Deno.test("image commands pin an image, and let it go", async (t) => {
  using store = await cliStore();
  const pinned = "image inspect localhost/app:1 -f {{.Pinned}}";
  await says(t, store, [
    [pinned, 0, ["false"]],
    [`image pin ${APP}`, 0, [store.imageId]],
    [pinned, 0, ["true"]],
    [`image unpin ${APP}`, 0, [store.imageId]],
    [pinned, 0, ["false"]],
  ]);
});

Deno.test("image inspect reports what an image is", async (t) => {
  using store = await cliStore();
  const inspect = (field: string) => `image inspect ${APP} -f {{${field}}}`;
  await says(t, store, [
    [inspect(".Architecture") + "/{{.Os}}", 0, ["amd64/linux"]],
    [inspect(".Id"), 0, [store.imageId]],
    [inspect("len .RootFS.Layers"), 0, ["1"]],
    [inspect("json .Config.Cmd"), 0, ['["/bin/app"]']],
    [inspect("json .RepoTags"), 0, ['["localhost/app:1"]']],
    [inspect("json .UsedBy"), 0, ['["web-infra","server"]']],
    [
      `image inspect containers-storage:${APP} -f {{.Id}}`,
      0,
      [store.imageId],
    ],
    [`history ${APP} -q`, 0, []],
    [`history ${APP} --format json`, 0, ["[]"]],
  ]);
});

Deno.test("rmi removes an image that nothing uses any more", async (t) => {
  using store = await cliStore();
  await refuses(t, store, [
    [
      `rmi ${APP}`,
      4,
      `Cannot remove image "${APP}": container "web-infra", "server" uses it`,
    ],
  ]);
  await says(t, store, [
    ["pod rm web --force", 0, ["web-pod"]],
  ]);
  const { code, out } = await store.orlop(`rmi ${APP}`);
  assertEquals([code, out[0], out.at(-1)], [
    ...[0, `Untagged: ${APP}`, `Deleted: ${store.imageId}`],
  ]);
  assertEquals((await store.orlop("images -q")).out, []);
});

Deno.test("image commands report what is not there, or not meant", async (t) => {
  using store = await cliStore();
  const missing = 'Cannot find image "nope": no image has this name or ID';
  const absent = 'image "nope" not present in image store';
  await refuses(t, store, [
    ["rmi nope", 3, missing],
    ["image inspect nope", 3, missing],
    ["history nope", 3, missing],
    ["tag nope x", 3, missing],
    ["untag nope", 3, missing],
    ["image pin nope", 3, missing],
    ["image unpin nope", 3, missing],
    ["save nope -o /nope", 3, absent],
    ["push nope", 3, absent],
    [
      "tag localhost/app:1 UPPER",
      2,
      'Cannot parse reference "localhost/UPPER"',
    ],
    ["tags a --limit 0", 2, 'Cannot use "--limit=0": a whole number above 0'],
    ["tags a --limit -1", 2, 'Cannot use "--limit=-1": a number is needed'],
    ["tags a --limit 1.5", 2, 'Cannot use "--limit=1.5": a whole number'],
    ["images --filter since=nope", 3, missing],
    ["images --filter dangling=odd", 2, 'Cannot use "odd": use "true" or'],
    ["tag localhost/app:1", 2, 'Cannot run "orlop tag": NAME is missing'],
    ["untag localhost/app:1 nope", 3, 'Cannot untag "nope": image "'],
    ...["raw", "config", "no-tags"].map((flag) =>
      [
        `image inspect ${APP} --${flag}`,
        2,
        `Cannot use "--${flag}": it is for images elsewhere, such as docker://`,
      ] as const
    ),
    [
      `image inspect ${APP} oci:/nope`,
      2,
      'Cannot inspect "oci:/nope" with others: one at a time',
    ],
    [
      "image inspect oci:/nope --raw -f {{.Id}}",
      2,
      'Cannot use "--raw" with a template',
    ],
    [
      "image inspect oci:/nope",
      3,
      'Cannot open layout "/nope": it has no oci-layout',
    ],
    ["images --filter odd=1", 2, 'Cannot use "--filter=odd=1"'],
    ["images --sort odd", 2, 'Cannot use "--sort=odd"'],
    ["images --format {{.Nope}}", 2, 'Cannot use "--format={{.Nope}}"'],
    ["images a b", 2, 'Cannot run "orlop images" with "b": it takes at most 1'],
  ]);
  const found = await store.orlop(`image inspect nope ${APP} -f {{.Id}}`);
  assertEquals([found.code, found.out], [3, [store.imageId]]);
  await says(t, store, [
    ["rmi -i nope", 0, []],
    ["image rm -f nope", 0, []],
  ]);
});
