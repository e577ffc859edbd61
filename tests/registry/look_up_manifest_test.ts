import { assert, assertEquals, assertRejects } from "@std/assert";
import { RegistryError } from "../../src/errors/image_errors.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import { OCI_MANIFEST } from "../../src/formats/oci/media_types.ts";
import { Repository } from "../../src/registry/repository.ts";
import {
  type ScriptedServer,
  serveScript,
} from "../support/servers/scripted_server.ts";
import type { OwnAnswer } from "../support/servers/server_script.ts";

const BODY = `{"schemaVersion":2,"mediaType":"${OCI_MANIFEST}"}`;
const DIGEST = digestOf(BODY);

function connect({ host }: ScriptedServer, verb?: "inspect"): Repository {
  return new Repository({
    registry: new URL(`http://${host}`),
    ...{ path: "x", name: "1", title: "x:1" },
    retry: { tries: 1, delayMs: 1, headerTimeoutMs: 2000 },
    ...verb && { verb },
  });
}

/** Answers to HEAD, and which digest they tell. */
const TOLD: Readonly<Record<string, readonly [OwnAnswer, string | undefined]>> =
  {
    "a digest": [{ headers: { "docker-content-digest": DIGEST } }, DIGEST],
    "no digest": [{}, undefined],
    "an odd digest": [
      { headers: { "docker-content-digest": "sha256:1" } },
      undefined,
    ],
    "that it does not speak HEAD": [{ status: 405 }, DIGEST],
  };

Deno.test("lookUpManifest() asks for no more than it needs to", async (t) => {
  for (const [name, [answer, digest]] of Object.entries(TOLD)) {
    await t.step(name, async () => {
      await using server = await serveScript([
        { method: "HEAD", answer },
        { answer: { body: BODY } },
      ]);
      using repository = connect(server);
      assertEquals(await repository.lookUpManifest(), digest);
      const asked = server.requests.map(({ method, path }) =>
        `${method} ${path}`
      );
      const head = "HEAD /v2/x/manifests/1";
      assertEquals(
        asked,
        answer.status === 405 ? [head, "GET /v2/x/manifests/1"] : [head],
      );
      const accepted = server.requests[0]?.headers.get("accept");
      assert(accepted?.includes(OCI_MANIFEST));
    });
  }
});

Deno.test("lookUpManifest() fails where there is none, or nobody waits", async () => {
  await using server = await serveScript([{ answer: { status: 404 } }]);
  for (const [verb, says] of [[undefined, "pull"], ["inspect", "inspect"]]) {
    using repository = connect(server, verb as "inspect");
    const error = await assertRejects(
      () => repository.lookUpManifest(),
      RegistryError,
      `Cannot ${says} "x:1"`,
    );
    assertEquals([error.status, error.isImageUnknown], [404, true]);
  }
  using repository = connect(server);
  const signal = AbortSignal.abort(new Error("stop"));
  await assertRejects(
    () => repository.lookUpManifest({ signal }),
    Error,
    "stop",
  );
  assertEquals(server.requests.length, 2);
});
