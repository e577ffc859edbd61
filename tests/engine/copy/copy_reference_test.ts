import { assertEquals, assertRejects } from "@std/assert";
import {
  type CopyOptions,
  copyReference,
} from "../../../src/engine/copy/copy_reference.ts";
import { ChangedDigestError } from "../../../src/errors/image_errors.ts";
import { InvalidImageNameError } from "../../../src/errors/naming_errors.ts";
import { NotFoundError } from "../../../src/errors/not_found_errors.ts";
import { hexOf } from "../../../src/formats/oci/digest.ts";
import { writeTestLayout } from "../../support/images/test_layout.ts";
import { needs } from "../../support/peers.ts";
import { storeAgent } from "../../support/store_agent.ts";

Deno.test("copyReference() copies between places", {
  ...needs("root", "tar"),
}, async (t) => {
  using made = storeAgent();
  const { agent, dir } = made;
  const layout = dir.join("layout");
  const image = await writeTestLayout(layout);
  const id = hexOf(image.config.digest);
  const { digest } = image.manifest;
  const copy = async (from: string, to: string, options?: CopyOptions) =>
    (await copyReference(agent, { from, to }, options)).digest;
  const stored = "containers-storage:localhost/a:1";
  await t.step("into a store, and out of it", async () => {
    assertEquals(await copy(`oci:${layout}`, stored), digest);
    const folder = `dir:${dir.join("folder")}`;
    const options = { layers: "compressed" } as const;
    const there = await copy(stored, folder, options);
    assertEquals(await copy(folder, `oci:${dir.join("again")}:1`), there);
  });
  await t.step("by the image's ID, whole or not", async () => {
    for (const known of [id, id.slice(0, 12)]) {
      const to = `containers-storage:@${known}`;
      assertEquals(await copy(`oci:${layout}`, to), digest);
    }
  });
  const table: readonly (readonly [
    to: string,
    options: CopyOptions,
    type: new (...args: never[]) => Error,
    why: string,
  ])[] = [
    [
      ...[stored, { multiArch: "all" }, InvalidImageNameError] as const,
      "it takes one of them",
    ],
    [
      ...[stored, { multiArch: "index-only" }, InvalidImageNameError] as const,
      "it takes one of them",
    ],
    [
      ...[`containers-storage:@${"f".repeat(64)}`, {}] as const,
      ...[InvalidImageNameError, `the ID of the image is "${id}"`] as const,
    ],
    [
      ...[`dir:${dir.join("x")}`, { format: "v2s2", preserveDigests: true }],
      ...[ChangedDigestError, "Cannot keep digest"],
    ] as const,
    ["a:1", {}, InvalidImageNameError, '"a:1" as the destination'],
  ];
  for (const [to, options, type, why] of table) {
    await t.step(`${to.slice(0, 40)}: ${why.slice(0, 20)}`, async () => {
      await assertRejects(() => copy(`oci:${layout}`, to, options), type, why);
    });
  }
  await t.step("a source without transport, or without an image", async () => {
    await assertRejects(
      () => copy("a:1", `dir:${dir.join("x")}`),
      InvalidImageNameError,
      '"a:1" as the source',
    );
    await assertRejects(
      () => copy("containers-storage:none:1", `dir:${dir.join("x")}`),
      NotFoundError,
    );
  });
});
