import { assertEquals } from "@std/assert";
import { DEFAULT_PART_RULES } from "../../src/engine/part_rules.ts";

Deno.test("DEFAULT_PART_RULES are those that are documented", () => {
  assertEquals(DEFAULT_PART_RULES, {
    connections: 4,
    above: 67_108_864,
    slowBelow: 25_165_824,
    watchMs: 2000,
    partBytes: 8_388_608,
  });
});
