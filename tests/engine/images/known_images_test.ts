import { assertEquals, assertRejects } from "@std/assert";
import { InvalidManifestError } from "../../../src/errors/image_errors.ts";
import { KnownImages } from "../../../src/engine/images/known_images.ts";
import type { ImageId } from "../../../src/formats/storage/store_ids.ts";
import { imageItemPath } from "../../../src/store/disk_images.ts";
import { WRITE_LOCKS } from "../../../src/store/records/tables.ts";
import { libc } from "../../support/own_libc.ts";
import { addImage, APP, testRuntime } from "../../support/test_runtime.ts";

const OTHER = "localhost/other:1";
const USER = { User: "www-data:www-data" };

Deno.test("KnownImages follows what other processes change", async (t) => {
  for (const own of [undefined, libc]) {
    await t.step(own ? "with libc" : "without libc", async () => {
      using test = testRuntime({ libc: own });
      const writer = test.reopen(); // as another process
      const known = new KnownImages(test.agent);
      const list = async () =>
        (await known.list()).map(({ names, user }) => [...names, user]);
      const find = async (name: string) => (await known.find(name))?.id;
      assertEquals(await list(), []);
      assertEquals(await find(APP), undefined);
      const id = await addImage(writer.agent, { names: [APP], config: USER });
      assertEquals(await list(), [[APP, USER.User]]);
      assertEquals(await find(APP), id);
      await writer.images.tagImage(APP, OTHER);
      assertEquals(await list(), [[OTHER, APP, USER.User]]);
      for (const name of [OTHER, "other:1", id, id.slice(0, 12)]) {
        assertEquals(await find(name), id, name);
      }
      await writer.images.removeImage(id, { names: "all" });
      assertEquals(await list(), []);
      assertEquals(await find(APP), undefined);
    });
  }
});

Deno.test("KnownImages waits for no lock while nothing changes", async () => {
  using test = testRuntime({ libc });
  const id = await addImage(test.agent, { names: [APP], config: USER });
  const known = new KnownImages(test.agent);
  const before = await known.list();
  using _held = await test.agent.store.lock(WRITE_LOCKS);
  assertEquals(await known.list(), before);
  assertEquals((await known.find(APP))?.id, id);
  assertEquals(await known.find("localhost/nope:1"), undefined);
});

Deno.test("KnownImages lists damaged configs, and refuses to find their images", async (t) => {
  for (const damage of ["{", ""]) {
    await t.step(damage || "an empty config", async () => {
      using test = testRuntime({ libc });
      const id = await addImage(test.agent, { names: [APP], config: USER });
      await Deno.writeTextFile(configPath(test, id), damage);
      const known = new KnownImages(test.agent);
      await assertRejects(() => known.find(APP), InvalidManifestError);
      assertEquals((await known.list()).map(({ user }) => user), [""]);
    });
  }
});

function configPath(
  { agent }: ReturnType<typeof testRuntime>,
  id: ImageId,
): string {
  return imageItemPath(agent.store.paths, id, `sha256:${id}`);
}
