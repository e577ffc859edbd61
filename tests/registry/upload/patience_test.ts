import { assertEquals, assertRejects } from "@std/assert";
import { RegistryError } from "../../../src/errors/image_errors.ts";
import {
  Patience,
  UploadBrokenError,
} from "../../../src/registry/upload/patience.ts";
import { UploadStyle } from "../../../src/registry/upload/upload_style.ts";

const REFUSAL = new RegistryError("no", { status: 500 });
const KIB = 1024;

/** How often it waits before it gives up. */
async function countWaits(patience: Patience): Promise<number> {
  for (let count = 0;; count++) {
    const error = await patience.wait(REFUSAL).catch((error) => error);
    if (error === undefined) continue;
    assertEquals(error, REFUSAL);
    return count;
  }
}

Deno.test("Patience ends after so many tries that brought nothing", async (t) => {
  for (const [tries, waits] of [[1, 0], [2, 1], [4, 3]] as const) {
    await t.step(`${tries}`, async () => {
      const patience = new Patience({ tries, delayMs: 0 });
      assertEquals(await countWaits(patience), waits);
    });
  }
  await t.step("by default 5", async () => {
    assertEquals(await countWaits(new Patience({ delayMs: 0 })), 4);
  });
  await t.step("one that brought something begins again", async () => {
    const patience = new Patience({ tries: 3, delayMs: 0 });
    await patience.wait(REFUSAL);
    await patience.wait(REFUSAL);
    patience.reset();
    assertEquals(await countWaits(patience), 2);
  });
});

Deno.test("Patience waits up to a minute for a server", async () => {
  const patience = new Patience({ delayMs: 0 });
  await patience.wait(REFUSAL, 1);
  const error = await assertRejects(() => patience.wait(REFUSAL, 60_001));
  assertEquals(error, REFUSAL);
  const signal = AbortSignal.abort(new Error("enough"));
  const longer = new Patience({ delayMs: 0 }, { signal });
  await assertRejects(() => longer.wait(REFUSAL, 60_000), Error, "enough");
});

Deno.test("UploadBrokenError carries what is told", () => {
  const error = new UploadBrokenError(REFUSAL);
  assertEquals(error.name, "UploadBrokenError");
  assertEquals([error.refusal, error.cause, error.message], [
    REFUSAL,
    REFUSAL,
    "no",
  ]);
});

Deno.test("UploadStyle shrinks to a quarter each time, down to 64 KiB", async (t) => {
  // What is sent at first, and each time after shrinking.
  const cases: readonly (readonly [number | undefined, number[]])[] = [
    [undefined, [5120, 1280, 320, 80, 64]],
    [1024 * KIB, [1024, 256, 64]],
    [100 * KIB, [100, 64]],
    [64 * KIB, [64]],
    [32 * KIB, [32]],
  ];
  for (const [chunkSize, sizes] of cases) {
    await t.step(`${chunkSize}`, () => {
      const style = new UploadStyle(chunkSize);
      const seen = [style.requestSize];
      while (style.shrink()) seen.push(style.requestSize);
      assertEquals(seen, sizes.map((size) => size * KIB));
      assertEquals(style.chunkSize, (sizes[0] ?? 0) * KIB);
      assertEquals([style.requests, style.body], ["many", "stream"]);
    });
  }
});
