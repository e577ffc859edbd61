import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { lookUpImage } from "../../../src/engine/lookup/look_up_image.ts";
import { RegistryError } from "../../../src/errors/image_errors.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import {
  makeImage,
  type Misbehave,
  serveImage,
} from "../../support/servers/served_image.ts";
import { storeAgent } from "../../support/store_agent.ts";

const IMAGE = makeImage([await layerOf({ file: "content" })]);

/** Answers what is asked for the list of tags. */
function onTags(status: number, body = ""): Misbehave {
  return ({ request }) =>
    request.url.endsWith("/tags/list")
      ? new Response(body, { status })
      : undefined;
}

Deno.test("lookUpImage() reports an image and its repository", async () => {
  using store = storeAgent();
  await using registry = serveImage(IMAGE, onTags(200, '{"tags":["1","2"]}'));
  const name = `docker://${registry.name}`;
  const image = await lookUpImage(store.agent, name);
  assertEquals(image.repository, registry.name.replace(/:1$/, ""));
  assertEquals(image.digest, IMAGE.manifest.digest);
  assertEquals(image.manifest.layers.length, 1);
  assertEquals(image.tags, ["1", "2"]);
  const skipped = await lookUpImage(store.agent, name, { tags: "skip" });
  assertEquals(skipped.tags, []);
});

Deno.test("lookUpImage() does without tags that a registry keeps to itself", async (t) => {
  for (const status of [401, 403]) {
    await t.step(`${status}`, async () => {
      using store = storeAgent();
      await using registry = serveImage(IMAGE, onTags(status));
      const image = await lookUpImage(store.agent, `docker://${registry.name}`);
      assertEquals(image.tags, []);
      assertStringIncludes(store.messages.join(), "the tags are not shown");
    });
  }
  await t.step("but not without an answer", async () => {
    using store = storeAgent();
    await using registry = serveImage(IMAGE, onTags(404));
    await assertRejects(
      () => lookUpImage(store.agent, `docker://${registry.name}`),
      RegistryError,
      "Cannot list tags of",
    );
  });
});
