import { assertEquals, assertFalse, assertInstanceOf } from "@std/assert";
import {
  RegistryError,
  UnauthorizedError,
} from "../../../src/errors/image_errors.ts";
import {
  isPage,
  offsetOf,
  pushErrorOf,
} from "../../../src/registry/upload/push_answers.ts";

function answer(headers: Record<string, string>): Response {
  return new Response("", { headers });
}

Deno.test("pushErrorOf() reports what a pusher can do", async (t) => {
  const cases: readonly (readonly [number, string])[] = [
    [401, "it needs (other) credentials; use orlop login or --creds (401)"],
    [
      403,
      "these credentials do not allow to push; use orlop login or --creds (403)",
    ],
    [
      404,
      "the registry does not know the repository; some require it to be created first (404)",
    ],
    [
      405,
      "the registry does not accept pushes; is it a mirror, or read-only? (405)",
    ],
    [413, "it is larger than the registry, or a proxy, accepts (413)"],
    [500, "the registry failed (500)"],
    [400, "the registry refused (400)"],
  ];
  for (const [status, why] of cases) {
    await t.step(`${status}`, async () => {
      const response = new Response("", { status });
      const error = await pushErrorOf(response, "Cannot push", {});
      assertEquals(error.message, `Cannot push: ${why}`);
      assertEquals(error.status, status);
      const isLogin = status === 401 || status === 403;
      assertInstanceOf(error, isLogin ? UnauthorizedError : RegistryError);
    });
  }
});

Deno.test("isPage() reports what is for people", async (t) => {
  const cases: readonly (readonly [string, boolean])[] = [
    ["text/html", true],
    ["text/html; charset=utf-8", true],
    ["TEXT/HTML", true],
    ["text/plain", false],
    ["application/json", false],
    ["", false],
  ];
  for (const [type, expected] of cases) {
    await t.step(type, () => {
      assertEquals(isPage(answer({ "content-type": type })), expected);
    });
  }
  assertFalse(isPage(new Response(null)));
});

Deno.test("offsetOf() reports how many bytes a server has", async (t) => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ["0-0", 0],
    ["0-1", 2],
    ["0-99", 100],
    ["bytes=0-99", 100],
    ["bytes 0-99", 100],
    [" 0-99 ", 100],
    ["0-999999999999999", 1e15],
    ["0-9999999999999999", undefined],
    ["1-99", undefined],
    ["10-99", undefined],
    ["0-", undefined],
    ["0-99/100", undefined],
    ["x0-99", undefined],
    ["", undefined],
  ];
  for (const [range, offset] of cases) {
    await t.step(JSON.stringify(range), () => {
      assertEquals(offsetOf(answer({ range })), offset);
    });
  }
  assertEquals(offsetOf(answer({})), undefined);
});
