import { assert, assertEquals, assertRejects } from "@std/assert";
import { UnauthorizedError } from "../../src/errors/image_errors.ts";
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
  [400, "no SSL at all", "the registry refused (400 no SSL at all)"],
  [
    403,
    "no SSL certificate",
    "it does not exist or needs (other) credentials; use orlop login or " +
    "--creds (403 no SSL certificate)",
  ],
  [
    401,
    '{"errors":[{"code":"UNAUTHORIZED"}]}',
    "it does not exist or needs (other) credentials; use orlop login or " +
    "--creds (401 UNAUTHORIZED)",
  ],
  [402, "", "the registry refused (402)"],
  [404, "", "the registry does not have it (404)"],
  [405, "x 405 y", "the registry refused (405 x 405 y)"],
  [410, `${PAGE}Gone 410 x</title>`, "the registry refused (410 Gone 410 x)"],
  [416, "plain", "the registry does not have this range (416)"],
  [417, "plain", "the registry refused (417 plain)"],
  [429, "", "rate limit of the registry (429)"],
  [499, "", "the registry refused (499)"],
  [500, '{"message":"m"}', "the registry failed (500 m)"],
  [500, '{"details":"d"}', "the registry failed (500 d)"],
  [
    500,
    '{"errors":[{"message":"a"}],"message":"b"}',
    "the registry failed (500 a)",
  ],
  [500, '{"errors":[],"message":5}', "the registry failed (500)"],
  [500, '{"errors":{"0":{"code":"C"}}}', "the registry failed (500 C)"],
  [500, "[]", "the registry failed (500)"],
  [500, "null", "the registry failed (500)"],
  [500, '"text"', "the registry failed (500)"],
  [500, "x".repeat(200), `the registry failed (500 ${"x".repeat(200)})`],
  [500, "x".repeat(201), `the registry failed (500 ${"x".repeat(200)}…)`],
  [500, "plain", "the registry failed (500 plain)"],
  [
    404,
    '{"errors":[{"code":"NAME_UNKNOWN","message":"no"}]}',
    "the registry does not have it (404 NAME_UNKNOWN: no)",
  ],
];

Deno.test("errorOf() reports what the answer tells", async (t) => {
  for (const [status, body, says] of CASES) {
    await t.step(`${status} ${body}`, async () => {
      const error = await errorOf(new Response(body, { status }), "Cannot");
      assertEquals(error.message, `Cannot: ${says}`);
    });
  }
});

Deno.test("errorOf() makes what callers can tell apart", async (t) => {
  const named = '{"errors":[{"code":"NAMED"}]}';
  const cases: readonly (readonly [number, string | undefined, string])[] = [
    [400, "MISSING", "NAMED"],
    [401, "MISSING", "NAMED"],
    [403, undefined, "NAMED"],
    [404, undefined, "NAMED"],
    [404, "MISSING", "MISSING"],
    [500, undefined, "NAMED"],
  ];
  for (const [status, notFound, code] of cases) {
    await t.step(`${status} ${notFound}`, async () => {
      const options = { advice: "be kind", ...notFound && { notFound } };
      const error = await errorOf(
        new Response(named, { status }),
        "Cannot",
        options,
      );
      assertEquals(error.message, `Cannot: be kind (${status} NAMED)`);
      assertEquals([error.status, error.code], [status, code]);
      const isRefusal = status === 401 || status === 403;
      assertEquals(error instanceof UnauthorizedError, isRefusal);
    });
  }
});

Deno.test("errorOf() reports how long to wait, in whole seconds", async (t) => {
  for (const [text, says] of [["1", 1], ["90", 90], ["soon", undefined]]) {
    await t.step(`${text}`, async () => {
      const headers = { "retry-after": `${text}` };
      const response = new Response(null, { status: 429, headers });
      const wait = says === undefined ? "" : `, it asks to wait ${says} s`;
      const { message } = await errorOf(response, "Cannot");
      assertEquals(message, `Cannot: rate limit of the registry${wait} (429)`);
    });
  }
});

Deno.test("errorOf() reads 64 KiB, and no longer than its caller waits", async (t) => {
  const most = 64 * 1024;
  const json = (bytes: number) =>
    `{"message":"m","x":"${"x".repeat(bytes - 22)}"}`;
  const cases = [[most, " m"], [most + 1, ""]] as const;
  for (const [bytes, said] of cases) {
    await t.step(`${bytes}`, async () => {
      const text = json(bytes);
      assertEquals(text.length, bytes);
      const response = new Response(text, { status: 500 });
      const { message } = await errorOf(response, "Cannot");
      assertEquals(message, `Cannot: the registry failed (500${said})`);
    });
  }
  const hanging = (seen: { cancelled: boolean }, status = 500) =>
    new Response(
      new ReadableStream({
        pull() {},
        cancel: () => void (seen.cancelled = true),
      }),
      { status },
    );
  await t.step("late", async () => {
    const seen = { cancelled: false };
    const options = { bodyTimeoutMs: 20 };
    const { message } = await errorOf(hanging(seen), "Cannot", options);
    assertEquals(message, "Cannot: the registry failed (500)");
    assert(seen.cancelled);
  });
  await t.step("of no use", async () => {
    const seen = { cancelled: false };
    await errorOf(hanging(seen, 416), "Cannot");
    assert(seen.cancelled);
  });
  await t.step("stopped", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    const seen = { cancelled: false };
    const error = await assertRejects(
      () => errorOf(hanging(seen), "Cannot", { signal }),
      Error,
    );
    assertEquals([error.message, seen.cancelled], ["enough", true]);
  });
});
