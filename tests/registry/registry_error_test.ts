import { assertEquals, assertRejects } from "@std/assert";
import {
  RegistryError,
  type RegistryFailure,
} from "../../src/errors/image_errors.ts";
import { MAX_MANIFEST_SIZE } from "../../src/formats/oci/manifest.ts";
import { Repository } from "../../src/registry/repository.ts";
import { serveHostile } from "../support/servers/hostile_server.ts";
import { freePort } from "../support/servers/registry_server.ts";

type Answers = readonly [
  name: string,
  answer: () => Response,
  expected: readonly [RegistryFailure, status: number],
];

const ANSWERS: readonly Answers[] = [
  ["an error", () => new Response(null, { status: 500 }), ["answered", 500]],
  [
    "a redirect to where orlop does not go",
    () => Response.redirect("http://169.254.169.254/latest", 307),
    ["untrusted", 0],
  ],
  [
    "more than fits a manifest",
    () => new Response(new Uint8Array(MAX_MANIFEST_SIZE + 1)),
    ["malformed", 200],
  ],
  [
    "a realm where orlop does not go",
    () => challenge('Bearer realm="http://10.0.0.1/token"'),
    ["untrusted", 401],
  ],
  [
    "a challenge that does not parse",
    () => challenge('Bearer realm="'),
    ["malformed", 401],
  ],
  [
    "a body that breaks",
    () =>
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode("{"));
            controller.error(new Error("broken"));
          },
        }),
      ),
    ["interrupted", 200],
  ],
];

Deno.test("errors of a registry say what went wrong, and what it sent", async (t) => {
  for (const [name, answer, expected] of ANSWERS) {
    await t.step(name, async () => {
      await using server = serveHostile(answer);
      assertEquals(await failAt(server.host), expected);
    });
  }
  await t.step("no answer", async () => {
    const host = `127.0.0.1:${freePort()}`;
    assertEquals(await failAt(host), ["unreachable", 0]);
  });
});

async function failAt(
  host: string,
): Promise<readonly [RegistryFailure, number]> {
  using repository = new Repository({
    registry: new URL(`http://${host}`),
    ...{ path: "x", name: "1", title: "x:1" },
    retry: { tries: 1 },
  });
  const { reason, status } = await assertRejects(
    () => repository.fetchManifest(),
    RegistryError,
  );
  return [reason, status];
}

function challenge(header: string): Response {
  return new Response("{}", {
    status: 401,
    headers: { "www-authenticate": header },
  });
}
