import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { StreamingBusyError } from "../../../src/cri/streaming/streaming_server.ts";
import { TokenCache } from "../../../src/cri/streaming/token_cache.ts";
import { categoryOf } from "../../../src/errors/category.ts";

const limits = { lifetimeMs: 60_000, maxTokens: 3 };

Deno.test("TokenCache gives each value a token of 256 bits", () => {
  const tokens = new TokenCache<number>(limits);
  const [one, other] = [tokens.add(1), tokens.add(2)];
  assertMatch(one, /^[\w-]{43}$/);
  assert(one !== other);
  assertEquals([tokens.take(other), tokens.take(one)], [2, 1]);
});

Deno.test("TokenCache takes a token once", () => {
  const tokens = new TokenCache<number>(limits);
  const token = tokens.add(1);
  assertEquals(tokens.take(token), 1);
  assertEquals(tokens.take(token), undefined);
});

Deno.test("TokenCache knows no token of others", () => {
  const tokens = new TokenCache<number>(limits);
  tokens.add(1);
  for (const token of ["", "constructor", "__proto__", "A".repeat(43)]) {
    assertEquals(tokens.take(token), undefined);
  }
});

Deno.test("TokenCache forgets tokens that are too old", async () => {
  const tokens = new TokenCache<number>({ lifetimeMs: 30, maxTokens: 1 });
  const token = tokens.add(1);
  await new Promise((resolve) => setTimeout(resolve, 40));
  tokens.add(2); // There is room again.
  assertEquals(tokens.take(token), undefined);
});

Deno.test("TokenCache refuses more tokens than may wait", () => {
  const tokens = new TokenCache<number>(limits);
  const [first = ""] = [tokens.add(1), tokens.add(2), tokens.add(3)];
  const error = assertThrows(() => tokens.add(4), StreamingBusyError);
  assertEquals(categoryOf(error), "busy");
  tokens.take(first);
  tokens.add(4);
  tokens.clear();
  assertEquals(tokens.take(first), undefined);
});
