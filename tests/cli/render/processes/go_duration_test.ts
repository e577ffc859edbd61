import { assertEquals } from "@std/assert";
import { goDuration } from "../../../../src/cli/render/processes/go_duration.ts";

Deno.test("goDuration() writes what Go's time.Duration writes", () => {
  const table: readonly (readonly [number, string])[] = [
    [0, "0s"],
    [-5, "0s"],
    [7, "7ns"],
    [1500, "1.5µs"],
    [93_347_394, "93.347394ms"],
    [1e9, "1s"],
    [1_237_626_979, "1.237626979s"],
    [60e9, "1m0s"],
    [90.5e9, "1m30.5s"],
    [3600e9, "1h0m0s"],
    [90_061e9, "25h1m1s"],
  ];
  for (const [ns, expected] of table) assertEquals(goDuration(ns), expected);
});
