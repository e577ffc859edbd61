import { assertEquals, assertRejects } from "@std/assert";
import {
  type MediumReference,
  openMedium,
} from "../../../src/engine/media/open_medium.ts";
import { InvalidImageNameError } from "../../../src/errors/naming_errors.ts";
import { parseTransportReference } from "../../../src/formats/oci/transport_reference.ts";
import { storeAgent } from "../../support/store_agent.ts";

Deno.test("openMedium() refuses what nothing can be written to", async (t) => {
  using test = storeAgent();
  const { agent, dir } = test;
  const position = (text: string) =>
    `Cannot write to "${text}": a position names an image to read; give a name ` +
    "instead";
  const at = dir.path;
  const cases: readonly (readonly [string, string])[] = [
    [`oci:${at}/l:@1`, position(`oci:${at}/l:@1`)],
    [`oci-archive:${at}/l:@2`, position(`oci-archive:${at}/l:@2`)],
    [`docker-archive:${at}/l:@0`, position(`docker-archive:${at}/l:@0`)],
    [
      "docker-daemon:a:1",
      'Cannot write to transport "docker-daemon": it is not supported',
    ],
  ];
  for (const [text, why] of cases) {
    await t.step(text.replace(at, ""), async () => {
      const reference = parseTransportReference(text) as MediumReference;
      const error = await assertRejects(
        () => openMedium(agent, reference),
        InvalidImageNameError,
      );
      assertEquals(error.message, why);
      const names = (await Array.fromAsync(Deno.readDir(at))).map(({ name }) =>
        name
      );
      assertEquals(names.filter((name) => name === "l"), []);
    });
  }
});

Deno.test("openMedium() opens what a reference names", async (t) => {
  for (const transport of ["oci", "dir", "oci-archive", "docker-archive"]) {
    await t.step(transport, async () => {
      using test = storeAgent();
      const { agent, dir } = test;
      const reference = parseTransportReference(
        `${transport}:${dir.join("made")}`,
      ) as MediumReference;
      const signal = AbortSignal.abort("enough");
      const error = await openMedium(agent, reference, { signal })
        .catch((error) => error);
      assertEquals(error, "enough");
      const medium = await openMedium(agent, reference);
      const isDocker = transport === "docker-archive";
      assertEquals(medium.layers, isDocker ? "uncompressed" : medium.layers);
      await medium[Symbol.asyncDispose]();
    });
  }
});
