import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  BlobMismatchError,
  RegistryError,
} from "../../../src/errors/image_errors.ts";
import { DamagedFileError } from "../../../src/errors/store_errors.ts";
import type { Bytes } from "../../../src/formats/bytes.ts";
import type { BlobSource } from "../../../src/formats/oci/blob_source.ts";
import type { Descriptor } from "../../../src/formats/oci/descriptor.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { OCI_LAYER_GZIP } from "../../../src/formats/oci/media_types.ts";
import {
  readBlob,
  type ReadBlobOptions,
} from "../../../src/registry/blobs/read_blob.ts";
import { serveHostile } from "../../support/servers/hostile_server.ts";
import { httpBlobs } from "../../support/servers/http_blobs.ts";

const MIB = 1024 * 1024;
const CONTENT = noise(3 * MIB + 17);
const BLOB: Descriptor = {
  mediaType: OCI_LAYER_GZIP,
  digest: digestOf(CONTENT),
  size: CONTENT.byteLength,
};
const QUICK: ReadBlobOptions = { reconnectDelayMs: 1, stallTimeoutMs: 200 };

Deno.test("readBlob() reads a blob through", async () => {
  await using server = serveHostile(() => new Response(CONTENT));
  assertEquals(await pull(server.host), BLOB.digest);
  assertEquals(server.requests.length, 1);
});

Deno.test("readBlob() continues where a connection broke", async () => {
  await using server = serveHostile((request) =>
    partial(request, { stopAfter: MIB + 1 })
  );
  const reasons: string[] = [];
  const onReconnect = (reason: string) => void reasons.push(reason);
  const digest = await pull(server.host, { ...QUICK, onReconnect });
  assertEquals(digest, BLOB.digest);
  const ranges = server.requests.map((it) => it.headers.get("range"));
  assertEquals(ranges[0], null);
  assert(ranges.length >= 3 && reasons.length === ranges.length - 1);
});

Deno.test("readBlob() fails with what a source says itself", async () => {
  const damaged = new DamagedFileError("it is missing", { path: "/a" });
  let opened = 0;
  const open = () => {
    opened++;
    return Promise.resolve(
      new ReadableStream<Bytes>({
        type: "bytes",
        pull: (controller) => controller.error(damaged),
      }),
    );
  };
  const error = await assertRejects(() =>
    readBlob(open, BLOB, () => {}, QUICK)
  );
  assertEquals([error, opened], [damaged, 1]);
});

Deno.test("readBlob() skips the beginning for servers without ranges", async () => {
  let count = 0;
  await using server = serveHostile((request) =>
    count++ === 0
      ? partial(request, { stopAfter: 2 * MIB })
      : new Response(CONTENT)
  );
  assertEquals(await pull(server.host, QUICK), BLOB.digest);
  assertEquals(count, 2);
});

Deno.test("readBlob() gives up without progress", async () => {
  await using server = serveHostile((request) =>
    partial(request, { stopAfter: 1000 })
  );
  await assertRejects(
    () => pull(server.host, QUICK),
    RegistryError,
    `got 3000 of ${BLOB.size} bytes (connection ended early)`,
  );
  assertEquals(server.requests.length, 3);
});

/** A source whose connections bring so many bytes each, and then break. */
function breaking(...sizes: readonly number[]) {
  const offsets: number[] = [];
  const open: BlobSource["open"] = (_, { offset = 0 } = {}) => {
    const size = sizes[Math.min(offsets.length, sizes.length - 1)] ?? 0;
    offsets.push(offset);
    const bytes = CONTENT.slice(offset, offset + size);
    return Promise.resolve(new Blob([bytes]).stream());
  };
  return { open, offsets };
}

Deno.test("readBlob() replaces connections as long as they bring something", async (t) => {
  // What connections bring, whether that comes to the end, and how many there are.
  const cases: readonly (readonly [readonly number[], boolean, number])[] = [
    [[CONTENT.byteLength], true, 1],
    [[CONTENT.byteLength - 1, 1], true, 2],
    [[MIB], true, 4],
    [[MIB - 1], false, 3],
    [[0], false, 3],
    [[0, 0, MIB, 0, 0, CONTENT.byteLength], true, 6],
    [[1, 1, MIB - 1], false, 3],
  ];
  for (const [sizes, isWhole, count] of cases) {
    await t.step(sizes.join(", "), async () => {
      const { open, offsets } = breaking(...sizes);
      const reasons: string[] = [];
      const options: ReadBlobOptions = {
        ...{ ...QUICK, reconnectDelayMs: 0 },
        onReconnect: (reason) => void reasons.push(reason),
      };
      let received = 0;
      const reading = readBlob(open, BLOB, (chunk) => {
        assertEquals(chunk[0], CONTENT[received]);
        received += chunk.length;
      }, options);
      if (isWhole) await reading;
      else {
        const error = await assertRejects(() => reading, RegistryError);
        const begin =
          `Cannot pull layer "${BLOB.digest}": got ${received} of ` +
          `${BLOB.size} bytes (`;
        assertEquals(error.message.slice(0, begin.length), begin);
        assertEquals(error.reason, "interrupted");
      }
      assertEquals([offsets.length, reasons.length], [count, count - 1]);
      assertEquals(received === BLOB.size, isWhole);
      assertEquals(offsets, offsets.toSorted((a, b) => a - b));
    });
  }
});

Deno.test("readBlob() replaces none if it has one try", async () => {
  const { open, offsets } = breaking(2 * MIB);
  const options = { ...QUICK, tries: 1 };
  await assertRejects(
    () => readBlob(open, BLOB, () => {}, options),
    RegistryError,
    "got 2097152 of",
  );
  assertEquals(offsets, [0]);
});

Deno.test("readBlob() reads as far as is needed", async (t) => {
  const cases: readonly (readonly [string, ReadBlobOptions, number])[] = [
    ["to the end", {}, 2],
    ["to where others go on", { end: () => 2 * MIB }, 1],
    ["beyond what has come", { end: () => 2 * MIB + 1 }, 2],
    ["from an offset", { offset: 1.5 * MIB }, 1],
  ];
  for (const [name, options, count] of cases) {
    await t.step(name, async () => {
      const { open, offsets } = breaking(2 * MIB);
      const { offset = 0 } = options;
      await readBlob(open, BLOB, () => {}, {
        ...{ ...QUICK, reconnectDelayMs: 0, ...options },
      });
      assertEquals(
        offsets,
        [offset, offset + 2 * MIB].slice(0, count),
      );
    });
  }
});

Deno.test("readBlob() gives up on a server that keeps silent", async () => {
  await using server = serveHostile(() => {
    const silent = new ReadableStream<Bytes>({
      start: (controller) => controller.enqueue(CONTENT.slice(0, 1000)),
    });
    return new Response(silent);
  });
  await assertRejects(() => pull(server.host, QUICK), Error, "no data for");
});

Deno.test("readBlob() does not take a slow consumer for a stall", async () => {
  await using server = serveHostile(() => new Response(CONTENT.slice(0, MIB)));
  const content = CONTENT.slice(0, MIB);
  const blob = { ...BLOB, size: MIB, digest: digestOf(content) };
  await readBlob(opener(server.host), blob, () => {
    const end = performance.now() + 100;
    while (performance.now() < end);
  }, { stallTimeoutMs: 40 });
});

Deno.test("readBlob() stops an endless body", async () => {
  await using server = serveHostile(() => {
    const endless = new ReadableStream<Bytes>({
      pull: (controller) => controller.enqueue(new Uint8Array(65536)),
    });
    return new Response(endless);
  });
  let received = 0;
  await assertRejects(
    () =>
      readBlob(opener(server.host), BLOB, (chunk) => {
        received += chunk.byteLength;
      }),
    BlobMismatchError,
    `got more than ${BLOB.size} bytes`,
  );
  assert(received <= BLOB.size);
});

Deno.test("readBlob() ends with its signal's reason", async () => {
  await using server = serveHostile(() => {
    const silent = new ReadableStream<Bytes>({
      start: (controller) => controller.enqueue(CONTENT.slice(0, 1000)),
    });
    return new Response(silent);
  });
  const abort = new AbortController();
  const reading = readBlob(
    opener(server.host),
    BLOB,
    () => abort.abort(new Error("stop")),
    { signal: abort.signal },
  );
  await assertRejects(() => reading, Error, "stop");
});

Deno.test("openBlob() refuses wrong answers", async (t) => {
  const range = (value: string) =>
    new Response(CONTENT.slice(100), {
      status: 206,
      headers: { "content-range": value },
    });
  const cases: [name: string, answer: () => Response, why: string][] = [
    ["wrong length", () => new Response(CONTENT.slice(1)), "bytes, expected"],
    ["another range", () => range(`bytes 5-${BLOB.size - 1}/*`), "range"],
    ["another total", () => range(`bytes 100-${BLOB.size - 1}/9`), "range"],
    ["several ranges", () => range(""), "range"],
    ["416", () => new Response("x", { status: 416 }), "416"],
    ["encoding", () =>
      new Response(CONTENT.slice(1), {
        headers: { "content-encoding": "br" },
      }), 'Content-Encoding "br"'],
    ["HTML", () =>
      new Response("<html>", {
        status: 404,
      }), "does not have it (404)"],
  ];
  for (const [name, answer, why] of cases) {
    await t.step(name, async () => {
      await using server = serveHostile(answer);
      const open = opener(server.host);
      await assertRejects(() => open(BLOB, { offset: 100 }), Error, why);
    });
  }
});

Deno.test("openBlob() fails on a server that is down for good", async () => {
  await using server = serveHostile(() => new Response(null, { status: 503 }));
  const error = await assertRejects(
    () => opener(server.host)(BLOB),
    RegistryError,
    "the registry failed (503)",
  );
  assertEquals([error.status, server.requests.length], [503, 3]);
});

function opener(host: string): BlobSource["open"] {
  const repositoryUrl = `http://${host}/v2/a/`;
  return httpBlobs({ repositoryUrl }, { tries: 3, delayMs: 1 })
    .open;
}

async function pull(
  host: string,
  options: ReadBlobOptions = {},
): Promise<string> {
  const chunks: Bytes[] = [];
  const consume = (chunk: Uint8Array) => void chunks.push(chunk.slice());
  await readBlob(opener(host), BLOB, consume, options);
  return digestOf(await new Blob(chunks).bytes());
}

/** Answers a range, but closes the connection too early. */
function partial(
  request: Request,
  { stopAfter }: { stopAfter: number },
): Response {
  const [, from = "0"] = /bytes=(\d+)-/.exec(
    request.headers.get("range") ?? "",
  ) ?? [];
  const start = Number(from);
  const body = new ReadableStream<Bytes>({
    start(controller) {
      controller.enqueue(CONTENT.slice(start, start + stopAfter));
      controller.close();
    },
  });
  if (start === 0) return new Response(body);
  const range = `bytes ${start}-${BLOB.size - 1}/${BLOB.size}`;
  return new Response(body, {
    status: 206,
    headers: { "content-range": range },
  });
}

function noise(size: number): Bytes {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65536));
  }
  return bytes;
}
