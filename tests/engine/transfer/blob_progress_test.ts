import { assertEquals, assertThrows } from "@std/assert";
import { BlobProgress } from "../../../src/engine/transfer/blob_progress.ts";

const MORE_THAN_32_BITS = 5_000_000_000;

Deno.test("progress reports how much there is", () => {
  const [filler, reader] = makeTwo();
  filler.advance(3);
  assertEquals(reader.waitBeyond(0), 3);
  reader.throwIfStopped();
  filler.advance(MORE_THAN_32_BITS);
  assertEquals(reader.waitBeyond(3), MORE_THAN_32_BITS);
});

Deno.test("progress reports that it was all, also if that is nothing", () => {
  const [filler, reader] = makeTwo();
  filler.complete();
  assertEquals(reader.waitBeyond(0), 0);
  const [other, second] = makeTwo();
  other.advance(7);
  other.complete();
  assertEquals(second.waitBeyond(0), 7);
  assertEquals(second.waitBeyond(7), 7);
});

Deno.test("progress makes readers stop, also if all is there", () => {
  const [filler, reader] = makeTwo();
  filler.advance(7);
  filler.complete();
  filler.stop();
  const error = assertThrows(() => reader.waitBeyond(0), DOMException);
  assertEquals(error.name, "AbortError");
  assertThrows(() => reader.throwIfStopped(), DOMException);
  filler.complete(); // too late
  assertThrows(() => reader.waitBeyond(0), DOMException);
});

Deno.test("progress wakes a thread that waits", async () => {
  const progress = new BlobProgress();
  const url = new URL(
    "../../support/programs/progress_worker.ts",
    import.meta.url,
  );
  const worker = new Worker(url, { type: "module" });
  try {
    const answers = answersOf(worker);
    worker.postMessage(progress.memory);
    assertEquals(await answers.next(), "ready");
    progress.advance(1);
    assertEquals(await answers.next(), 1);
    progress.advance(2);
    assertEquals(await answers.next(), 2);
    progress.stop();
    assertEquals(await answers.next(), "AbortError");
  } finally {
    worker.terminate();
  }
});

function makeTwo(): readonly [BlobProgress, BlobProgress] {
  const filler = new BlobProgress();
  return [filler, new BlobProgress(filler.memory)];
}

function answersOf(worker: Worker) {
  const answers: unknown[] = [];
  let wake = () => {};
  worker.onmessage = ({ data }) => {
    answers.push(data);
    wake();
  };
  return {
    async next(): Promise<unknown> {
      while (answers.length === 0) {
        await new Promise<void>((resolve) => wake = resolve);
      }
      return answers.shift();
    },
  };
}
