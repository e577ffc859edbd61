import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { DamagedFileError } from "../../../src/errors/store_errors.ts";
import { parseLayerId } from "../../../src/formats/storage/store_ids.ts";
import {
  makeLower,
  readLower,
  readLowerIds,
  readShortLower,
} from "../../../src/store/layers/lower_files.ts";
import type { StorePaths } from "../../../src/store/paths.ts";
import { storeAgent } from "../../support/store_agent.ts";

const [TOP, BASE] = ["a", "b"].map((digit) =>
  parseLayerId(digit.repeat(64))
) as [ReturnType<typeof parseLayerId>, ReturnType<typeof parseLayerId>];
const [NAME, OTHER] = ["A".repeat(26), "B".repeat(26)];

/** A layer's files, by name. */
function write(paths: StorePaths, texts: Readonly<Record<string, string>>) {
  const directory = join(paths.home, TOP);
  Deno.mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries(texts)) {
    Deno.writeTextFileSync(join(directory, name), text);
  }
  return directory;
}

Deno.test("makeLower() puts a layer on one", async (t) => {
  const cases: readonly (readonly [
    string,
    Readonly<Record<string, string>>,
    string,
    string | undefined,
  ])[] = [
    ["a base", { link: NAME }, `l/${NAME}`, TOP],
    [
      "one that is on others",
      { lower: `l/${OTHER}:l/C`, "lower-layers": `${BASE}:x` },
      `l/${NAME}:l/${OTHER}:l/C`,
      `${TOP}:${BASE}:x`,
    ],
    [
      "an older tool's, whose short names lead to layers",
      { lower: `l/${OTHER}` },
      `l/${NAME}:l/${OTHER}`,
      `${TOP}:${BASE}`,
    ],
    [
      "one whose short names lead nowhere",
      { lower: `l/${OTHER}:l/C` },
      `l/${NAME}:l/${OTHER}:l/C`,
      undefined,
    ],
  ];
  for (const [name, texts, lower, lowerLayers] of cases) {
    await t.step(name, () => {
      using store = storeAgent();
      const { paths } = store.agent.store;
      write(paths, { link: NAME, ...texts });
      Deno.mkdirSync(join(paths.home, "l"), { recursive: true });
      Deno.symlinkSync(`../${BASE}/diff`, join(paths.home, "l", OTHER));
      assertEquals(makeLower(paths, TOP), { lower, lowerLayers });
    });
  }
});

Deno.test("makeLower() stacks no more than can be mounted", () => {
  using store = storeAgent();
  const { paths } = store.agent.store;
  const below = (count: number) => ({
    lower: Array.from({ length: count }, (_, n) => `l/${n}`).join(":"),
  });
  write(paths, { link: NAME, ...below(127) });
  assertEquals(makeLower(paths, TOP).lower.split(":").length, 128);
  write(paths, below(128));
  const error = assertThrows(() => makeLower(paths, TOP), RangeError);
  assertEquals(
    error.message,
    `Cannot stack a layer on "${TOP}": that has 129 layers, at most 128 can ` +
      "be mounted",
  );
});

Deno.test("makeLower() needs a short name", () => {
  using store = storeAgent();
  const { paths } = store.agent.store;
  const link = join(write(paths, {}), "link");
  const error = assertThrows(() => makeLower(paths, TOP), DamagedFileError);
  assertEquals(
    error.message,
    `Cannot stack a layer on "${TOP}": "${link}" holds no short name`,
  );
  assertEquals(error.path, link);
});

Deno.test("readLower() prefers IDs to short names", () => {
  using store = storeAgent();
  const { paths } = store.agent.store;
  write(paths, {});
  assertEquals(readLower(paths, TOP), []);
  assertEquals(readLowerIds(paths, TOP), []);
  write(paths, { lower: "l/A:l/B" });
  assertEquals(readLower(paths, TOP), ["l/A", "l/B"]);
  assertEquals(readLowerIds(paths, TOP), undefined);
  write(paths, { "lower-layers": `${BASE}:c` });
  assertEquals(readLower(paths, TOP), [`${BASE}/diff`, "c/diff"]);
  assertEquals(readShortLower(paths, TOP), ["l/A", "l/B"]);
  assertEquals(readLowerIds(paths, TOP), [BASE, "c"]);
});
