/** How reading a blob ends: by its signal, by what breaks, by who consumes it. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { RegistryError } from "../../../src/errors/image_errors.ts";
import { DamagedFileError } from "../../../src/errors/store_errors.ts";
import { type Bytes, toBytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { OCI_LAYER_GZIP } from "../../../src/formats/oci/media_types.ts";
import { readBlob } from "../../../src/registry/blobs/read_blob.ts";

const CONTENT = toBytes("0123456789".repeat(100));
const BLOB = {
  mediaType: OCI_LAYER_GZIP,
  digest: digestOf(CONTENT),
  size: CONTENT.byteLength,
};

/** A source that brings the same each time, and notes where it was to begin. */
function breaking(bytes: Bytes) {
  const offsets: number[] = [];
  const open = (_: unknown, { offset = 0 } = {}) => {
    offsets.push(offset);
    return Promise.resolve(new Blob([bytes]).stream());
  };
  return { open, offsets };
}

/** A body that brings some bytes, then ends as it is told, or never. */
function bodyOf(
  first: Bytes,
  end: (out: ReadableStreamController<Bytes>) => void = () => {},
) {
  const seen = { cancelled: 0 };
  const stream = new ReadableStream<Bytes>({
    type: "bytes",
    start: (out) => out.enqueue(first.slice()),
    pull: (out) => end(out),
    cancel: () => void seen.cancelled++,
  });
  return { stream, seen };
}

Deno.test("readBlob() ends with its signal's reason, whenever that comes", async (t) => {
  const enough = new Error("enough");
  const scenarios: Readonly<
    Record<string, (abort: () => void) => ReturnType<typeof bodyOf>>
  > = {
    "before": (abort) => {
      abort();
      return bodyOf(CONTENT.slice(0, 5));
    },
    "while it waits": (abort) => {
      setTimeout(abort);
      return bodyOf(CONTENT.slice(0, 5));
    },
    "when it breaks": (abort) =>
      bodyOf(CONTENT.slice(0, 5), (out) => {
        abort();
        out.error(new Error("broken"));
      }),
  };
  for (const [name, open] of Object.entries(scenarios)) {
    await t.step(name, async () => {
      const controller = new AbortController();
      const { signal } = controller;
      const begun: string[] = [];
      const pieces: number[] = [];
      const again: string[] = [];
      const opened: ReturnType<typeof bodyOf>[] = [];
      const error = await assertRejects(() =>
        readBlob(
          (_, options) => {
            begun.push(`${options?.offset} ${options?.signal === signal}`);
            const body = open(() => controller.abort(enough));
            opened.push(body);
            return Promise.resolve(body.stream);
          },
          BLOB,
          (piece) => void pieces.push(piece.length),
          {
            signal,
            reconnectDelayMs: 1,
            onReconnect: (reason) => void again.push(reason),
          },
        ), Error);
      assertEquals([error, begun, again], [enough, ["0 true"], []]);
      assertEquals(pieces, name === "before" ? [] : [5]);
      assertEquals(opened.map(({ seen }) => seen.cancelled), [1]);
    });
  }
  await t.step("before it is opened", async () => {
    const { open, offsets } = breaking(CONTENT.slice(0, 9));
    const signal = AbortSignal.abort(enough);
    const reading = readBlob(open, BLOB, () => {}, { signal });
    assertEquals(await assertRejects(() => reading, Error), enough);
    assertEquals(offsets, []);
  });
  await t.step("between two connections", async () => {
    const { open, offsets } = breaking(CONTENT.slice(0, 9));
    const controller = new AbortController();
    const reading = readBlob(open, BLOB, () => {}, {
      ...{ reconnectDelayMs: 1_000_000, signal: controller.signal },
      onReconnect: () => void setTimeout(() => controller.abort(enough)),
    });
    assertEquals(await assertRejects(() => reading, Error), enough);
    assertEquals(offsets, [0]);
  });
});

Deno.test("readBlob() opens again what a registry broke, and nothing that is gone", async (t) => {
  const broken = new RegistryError("it broke", { reason: "interrupted" });
  const damaged = new DamagedFileError("it is gone", { path: "/x" });
  for (
    const [name, failure, count] of [
      ["a registry", broken, 3],
      ["a connection", new Error("reset"), 3],
      ["a file", damaged, 1],
    ] as const
  ) {
    await t.step(name, async () => {
      let opened = 0;
      const error = await assertRejects(() =>
        readBlob(
          () => {
            opened++;
            const { stream } = bodyOf(
              CONTENT.slice(0, 5),
              (out) => out.error(failure),
            );
            return Promise.resolve(stream);
          },
          BLOB,
          () => {},
          { reconnectDelayMs: 0 },
        ), Error);
      assertEquals(opened, count);
      if (failure === damaged) assertEquals(error, damaged);
      else {
        assert(error instanceof RegistryError);
        assert(error.message.includes(`got 15 of ${BLOB.size} bytes (`));
      }
    });
  }
});

Deno.test("readBlob() waits until a piece is consumed, and ends with what that fails with", async (t) => {
  await t.step("waits", async () => {
    let busy = 0;
    let most = 0;
    const { open } = breaking(CONTENT);
    await readBlob(open, BLOB, async (piece) => {
      most = Math.max(most, ++busy);
      const before = piece[0];
      await new Promise((resolve) => setTimeout(resolve));
      assertEquals(piece[0], before);
      busy--;
    });
    assertEquals(most, 1);
  });
  for (const kind of ["at once", "later"]) {
    await t.step(kind, async () => {
      const full = new Error("disk full");
      const { stream, seen } = bodyOf(CONTENT.slice(0, 5));
      const error = await assertRejects(
        () =>
          readBlob(() => Promise.resolve(stream), BLOB, () => {
            if (kind === "later") return Promise.reject(full);
            throw full;
          }),
        Error,
      );
      assertEquals([error, seen.cancelled], [full, 1]);
    });
  }
});
