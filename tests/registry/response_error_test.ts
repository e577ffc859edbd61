import { assertEquals } from "@std/assert";
import { errorOf } from "../../src/registry/response_error.ts";

const PAGE = "<html>\n<head><title>";
// A status, what comes with it, and what is told.
const CASES: readonly (readonly [number, string, string])[] = [
  [400, `${PAGE}400 Bad thing</title>`, "the registry refused (400 Bad thing)"],
  [400, `${PAGE}</title>`, "the registry refused (400)"],
  [400, "<html>x", "the registry refused (400)"],
  [
    400,
    `${PAGE}400 No required SSL certificate was sent</title></head>`,
    "it asks for a client certificate that it knows; put NAME.cert and " +
    "NAME.key into certs.d (400 No required SSL certificate was sent)",
  ],
  [407, "", "the proxy wants another login; write it into HTTP_PROXY (407)"],
  [502, `${PAGE}502 a\u001b[0mb</title>`, "the registry failed (502 a [0mb)"],
  [500, "plain", "the registry failed (500 plain)"],
  [
    404,
    '{"errors":[{"code":"NAME_UNKNOWN","message":"no"}]}',
    "the registry does not have it (404 NAME_UNKNOWN: no)",
  ],
];

Deno.test("errorOf() tells what the answer tells", async (t) => {
  for (const [status, body, says] of CASES) {
    await t.step(`${status} ${body}`, async () => {
      const error = await errorOf(new Response(body, { status }), "Cannot");
      assertEquals(error.message, `Cannot: ${says}`);
    });
  }
});
