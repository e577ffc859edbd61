import { assert, assertEquals } from "@std/assert";
import { shuffledCuts } from "../support/power/power_log.ts";
import { seededRandom } from "../support/seeded.ts";

Deno.test("shuffledCuts() gives each command its turn, however little it writes", () => {
  const mark = { kind: "mark", text: "" } as const;
  const flush = { kind: "flush" } as const;
  const much = Array.from({ length: 100 }, () => flush);
  // Cuts at 3; at 5 to 104; at 106 and 107. What comes before the first mark is no
  // command's.
  const log = [flush, mark, flush, mark, ...much, mark, flush, flush];
  const cuts = shuffledCuts({ log }, seededRandom("power_log_test"));
  assertEquals(cuts.length, 103);
  assertEquals(new Set(cuts).size, 103);
  assert(!cuts.includes(1));
  const turns = cuts.slice(0, 3).map((at) => at < 4 ? 1 : at < 105 ? 2 : 3);
  assertEquals(turns.toSorted(), [1, 2, 3]);
});
