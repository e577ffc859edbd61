import { assertEquals } from "@std/assert";
import { cliStore } from "../../support/cli_store.ts";
import { refuses, says } from "../../support/cli_says.ts";

const APP = "localhost/app:1";

Deno.test("inspect finds containers before images, and these before pods", async (t) => {
  using store = await cliStore();
  const { containerId, imageId } = store;
  await says(t, store, [
    ["inspect server -f {{.Name}}", 0, ["server"]],
    ["inspect web -f {{.Name}}", 0, ["web-infra"]],
    ["inspect --type container web -f {{.Name}}", 0, ["web-infra"]],
    ["inspect --type pod web -f {{.Name}}", 0, ["web"]],
    [`inspect --type image ${APP} -f {{.Id}}`, 0, [imageId]],
    [`inspect server web ${APP} -f {{.Id}}`, 0, [
      ...[containerId, "web-pod", imageId],
    ]],
  ]);
});

Deno.test("inspect shows what it finds, and reports what is missing", async (t) => {
  using store = await cliStore();
  const missing = (name: string) =>
    `orlop: Cannot find "${name}": no container, image or pod has this name or ID`;
  const elsewhere = '; for an image elsewhere use "orlop image inspect"';
  const cases: readonly (readonly [string, string[], string[]])[] = [
    ["server nope -f {{.Name}}", ["server"], [missing("nope")]],
    ["nope server -f {{.Name}}", ["server"], [missing("nope")]],
    ["a b -f {{.Name}}", [], [missing("a"), missing("b")]],
    ["nope", ["[]"], [missing("nope")]],
    ["oci:/x", ["[]"], [missing("oci:/x") + elsewhere]],
    ["--type image server", ["[]"], [
      'orlop: Cannot find image "server": no image has this name or ID',
    ]],
    [`--type container ${APP}`, ["[]"], [
      `orlop: Cannot find container "${APP}": no container has this name or ID`,
    ]],
    ["--type pod server", ["[]"], [
      'orlop: Cannot find pod "server": no pod has this name or ID',
    ]],
  ];
  for (const [words, out, err] of cases) {
    await t.step(words, async () => {
      const ran = await store.orlop(`inspect ${words}`);
      assertEquals(ran, { code: 3, out, err });
    });
  }
  const bad = (format: string) =>
    `Cannot use "--format=${format}": use json, or a template such as '{{.ID}}'`;
  await refuses(t, store, [
    ["inspect server -f table", 2, bad("table")],
    ["inspect server --format odd", 2, bad("odd")],
    ["inspect --type odd server", 2, 'Cannot use "--type=odd": use one of'],
    ["inspect", 2, 'Cannot run "orlop inspect": NAME is missing'],
  ]);
});
