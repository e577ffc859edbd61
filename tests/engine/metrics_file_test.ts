import { assert, assertEquals } from "@std/assert";
import {
  gauge,
  toSeconds,
  writeMetrics,
} from "../../src/engine/metrics_file.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("writeMetrics() writes gauges for everybody to read", () => {
  using dir = tempDir();
  const path = dir.join("orlop.prom");
  const before = Deno.umask(0o077);
  try {
    writeMetrics(path, [gauge("a", "One.", 1), gauge("b", "None.", undefined)]);
  } finally {
    Deno.umask(before);
  }
  const text = Deno.readTextFileSync(path);
  assert(text.includes("orlop_a 1\n"), text);
  assert(!(/^orlop_b /m.test(text)), text);
  assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o644);
});

Deno.test("gauge() has a sample if there is a value", () => {
  const common = { name: "orlop_a", help: "One." };
  assertEquals(gauge("a", "One.", 0), { ...common, samples: [{ value: 0 }] });
  assertEquals(gauge("a", "One.", undefined), { ...common, samples: [] });
});

Deno.test("toSeconds() drops parts of seconds", () => {
  assertEquals(toSeconds("1970-01-01T00:00:01.999Z"), 1);
  assertEquals(toSeconds("2026-01-02T03:04:05Z"), 1_767_323_045);
});
