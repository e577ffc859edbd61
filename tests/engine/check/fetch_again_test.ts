import { assertEquals, assertRejects } from "@std/assert";
import { fetchAgain } from "../../../src/engine/check/fetch_again.ts";
import { InvalidImageNameError } from "../../../src/errors/naming_errors.ts";
import { imageIdOf } from "../../../src/formats/storage/store_ids.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { storeAgent } from "../../support/store_agent.ts";

Deno.test("fetchAgain() needs to know where an image came from", async () => {
  using store = storeAgent();
  const imageId = imageIdOf(digestOf("config"));
  const repair = {
    ...{ kind: "fetch", imageId, names: [], digest: digestOf("x") } as const,
    suspects: new Set<never>(),
  };
  const error = await assertRejects(
    () => fetchAgain(store.agent, repair, {}),
    InvalidImageNameError,
  );
  assertEquals(
    error.message,
    `Cannot fetch image "${imageId}" again: it has no name that says where it ` +
      "came from",
  );
});
