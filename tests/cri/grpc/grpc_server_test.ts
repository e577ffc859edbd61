import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { create, toBinary } from "@bufbuild/protobuf";
import {
  ImageService,
  ListImagesRequestSchema,
  RuntimeService,
} from "../../../src/cri/api/api_pb.js";
import { GrpcServer } from "../../../src/cri/grpc/grpc_server.ts";
import type { EndedCall } from "../../../src/cri/grpc/serve_call.ts";
import type { ServiceMethods } from "../../../src/cri/grpc/service_methods.ts";
import { sentenceOf } from "../../../src/errors/why.ts";
import { ImageNotFoundError } from "../../../src/errors/not_found_errors.ts";
import { isNameThere } from "../../../src/fs/if_there.ts";
import { InUseError } from "../../../src/errors/store_errors.ts";
import { showOnOneLine } from "../../../src/formats/visible_text.ts";
import {
  frameOf,
  GrpcClient,
  readAnswer,
  StatusError,
} from "../../support/grpc_client.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { until } from "../../support/until.ts";

const { listImages, imageStatus, pullImage, removeImage, streamImages } =
  ImageService.method;
const ECHO = fromFileUrl(
  import.meta.resolve("../../support/programs/grpc_echo.ts"),
);
const LIST = "/runtime.v1.ImageService/ListImages";
const MIB = 1024 * 1024;

/** A server with a client, both ended with the scope. */
async function serve(methods: ServiceMethods<typeof ImageService>) {
  const dir = tempDir();
  const path = dir.join("s.sock");
  const ended: EndedCall[] = [];
  const server = new GrpcServer({ onEnd: (call) => ended.push(call) });
  server.add(ImageService, methods);
  await server.listen(path);
  const client = new GrpcClient(path);
  return {
    path,
    client,
    server,
    ended,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
    },
  };
}

function request(): Uint8Array {
  return toBinary(
    ListImagesRequestSchema,
    create(ListImagesRequestSchema, { filter: { image: { image: "a" } } }),
  );
}

Deno.test("GrpcServer answers a unary call, and reports its end", async () => {
  await using served = await serve({
    listImages: ({ filter }) => ({
      images: [{ id: "1", repoTags: [filter?.image?.image ?? ""] }],
    }),
  });
  const filter = { image: { image: "döcker.io/a" } };
  const { images } = await served.client.call(listImages, { filter });
  assertEquals(images.map(({ id, repoTags }) => [id, repoTags]), [
    ["1", ["döcker.io/a"]],
  ]);
  const [call] = served.ended;
  assertEquals(call?.path, LIST);
  assertEquals(call?.status, { code: 0, message: "" });
});

Deno.test("GrpcServer streams, as fast as the client reads", async () => {
  const id = "x".repeat(MIB);
  let sent = 0;
  await using served = await serve({
    async *streamImages() {
      for (; sent < 40; sent++) yield { images: [{ id }] };
    },
  });
  let received = 0;
  for await (const { images } of served.client.stream(streamImages, {})) {
    received += images.length;
  }
  assertEquals(received, 40);

  sent = 0;
  const stream = served.client.open("/runtime.v1.ImageService/StreamImages");
  stream.on("error", () => {});
  stream.end(frameOf(new Uint8Array()));
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert(sent < 10, `${sent} MiB were sent to a client that reads nothing`);
  stream.close();
});

Deno.test("GrpcServer maps what is thrown to a status", async (t) => {
  const cases: readonly [unknown, number][] = [
    [new ImageNotFoundError("Cannot find “ü” 100%\n"), 5],
    [new InUseError("in use", ["a"]), 9],
    [new SyntaxError("malformed"), 3],
    [new TypeError('Cannot use "x": why'), 3],
    [new TypeError('Cannot use "x\n\x1b[31m\u202e": why'), 3],
    [new TypeError("Cannot read properties of undefined"), 2],
    [new TypeError("Cannot run as group 5: there is no user"), 3],
    [new DOMException("too late", "TimeoutError"), 4],
    [new Error("whatever"), 2],
    [new TypeError(`Cannot use "${"x".repeat(4081)}": why`), 3],
    [assertThrows(() => Deno.readTextFileSync("/dev/null/x"), Error), 2],
  ];
  for (const [thrown, code] of cases) {
    await t.step(`${String(thrown).slice(0, 60)}: ${code}`, async () => {
      await using served = await serve({
        imageStatus: () => Promise.reject(thrown),
        async *streamImages() {
          yield { images: [] };
          throw thrown;
        },
      });
      const call = () => served.client.call(imageStatus, {});
      const unary = await assertRejects(call, StatusError);
      const all = () => Array.fromAsync(served.client.stream(streamImages, {}));
      const streamed = await assertRejects(all, StatusError);
      for (const error of [unary, streamed]) {
        assertEquals(error.code, code);
        assert(thrown instanceof Error);
        const told = showOnOneLine(sentenceOf(thrown)).slice(0, 4096).trim();
        assertEquals(error.message, told);
      }
    });
  }
});

Deno.test("GrpcServer answers UNIMPLEMENTED for what is not there", async () => {
  await using served = await serve({});
  served.server.add(RuntimeService, {});
  const error = await assertRejects(
    () => served.client.call(removeImage, {}),
    StatusError,
  );
  assertEquals(error.code, 12);
  const stream = served.client.stream(
    RuntimeService.method.getContainerEvents,
    {},
  );
  assertEquals(
    (await assertRejects(() => stream.next(), StatusError)).code,
    12,
  );
  const { code } = await served.client.send("/no/such", [frameOf(request())]);
  assertEquals(code, 12);
  assertEquals(served.ended.map(({ isKnown }) => isKnown), [true, true, false]);
});

Deno.test("GrpcServer aborts a method whose client goes", async () => {
  const begun = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<unknown>();
  await using served = await serve({
    listImages: (_request, { signal }) => {
      begun.resolve();
      return new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => {
          aborted.resolve(signal.reason);
          reject(signal.reason);
        })
      );
    },
  });
  const client = new GrpcClient(served.path);
  const stream = client.open(LIST);
  stream.on("error", () => {});
  stream.end(frameOf(request()));
  await begun.promise;
  client[Symbol.dispose]();
  assert(String(await aborted.promise).includes("cancelled"));
});

Deno.test("GrpcServer ends a call at its deadline, whatever the method does", async () => {
  let deadline: number | undefined;
  const never = Promise.withResolvers<Record<never, never>>();
  await using served = await serve({
    listImages: (_request, { deadlineMs }) => {
      deadline = deadlineMs;
      return never.promise;
    },
  });
  const headers = { "grpc-timeout": "50m" };
  const call = () => served.client.call(listImages, {}, { headers });
  assertEquals((await assertRejects(call, StatusError)).code, 4);
  assertEquals(deadline, 50);
  never.resolve({});
});

Deno.test("GrpcServer has time for calls whose deadline is far", async () => {
  const deadlines: unknown[] = [];
  await using served = await serve({
    listImages: async (_request, { deadlineMs }) => {
      deadlines.push(deadlineMs);
      // A timer of too long a time would fire before this one.
      await new Promise((resolve) => setTimeout(resolve, 50));
      return {};
    },
  });
  for (const timeout of ["99999999H", "2147484S"]) {
    const headers = { "grpc-timeout": timeout };
    await served.client.call(listImages, {}, { headers });
  }
  assertEquals(deadlines, [99_999_999 * 3_600_000, 2_147_484_000]);
});

Deno.test("GrpcServer answers hostile frames", async (t) => {
  await using served = await serve({ listImages: () => ({}) });
  const good = frameOf(request());
  const cases: readonly [
    string,
    readonly Uint8Array[],
    number,
    Record<string, string>?,
  ][] = [
    ["none", [], 13],
    ["a part of a header", [good.subarray(0, 3)], 13],
    ["a part of a message", [good.subarray(0, 7)], 13],
    ["two messages", [good, good], 13],
    ["compressed, not said how", [frameOf(request(), 1)], 13],
    ["compressed", [frameOf(request(), 1)], 12, { "grpc-encoding": "gzip" }],
    ["an unknown flag", [frameOf(request(), 7)], 13],
    ["no protobuf", [frameOf(new Uint8Array([0x0a, 0xff]))], 13],
    ["group without end", [frameOf(new Uint8Array(50_000).fill(0x0b))], 13],
    ["too large", [new Uint8Array([0, 1, 0, 0, 1])], 8],
    ["4 GiB", [new Uint8Array([0, 255, 255, 255, 255])], 8],
    ["a timeout of nonsense", [good], 3, { "grpc-timeout": "1x" }],
    ["a byte at a time", [...good].map((byte) => new Uint8Array([byte])), 0],
  ];
  for (const [name, chunks, code, headers] of cases) {
    await t.step(name, async () => {
      const answer = await served.client.send(LIST, chunks, headers);
      assertEquals(answer.code, code, answer.message);
      assertEquals(answer.httpStatus, 200);
    });
  }
});

Deno.test("GrpcServer answers while a client still sends", async () => {
  await using served = await serve({ listImages: () => ({}) });
  const stream = served.client.open(LIST);
  const ended = readAnswer(stream);
  stream.write(new Uint8Array([0, 255, 0, 0, 0]));
  const { code, resetCode } = await ended;
  assertEquals([code, resetCode], [8, 0]);
});

Deno.test("GrpcServer refuses requests that it does not read", async (t) => {
  await using served = await serve({ listImages: () => ({}) });
  const refusals: readonly [
    string,
    Record<string, string>,
    { readonly code?: number; readonly httpStatus: number },
  ][] = [
    ["/no/such", {}, { code: 12, httpStatus: 200 }],
    [LIST, { "grpc-timeout": "1x" }, { code: 3, httpStatus: 200 }],
    [LIST, { "content-type": "text/plain" }, { httpStatus: 415 }],
  ];
  for (const [path, headers, { code = Number.NaN, httpStatus }] of refusals) {
    // More than a client may send before any of it is read.
    for (const size of [0, 100_000, 2 * MIB]) {
      const [said = "no such method"] = Object.values(headers);
      await t.step(`${said}: ${size} bytes`, async () => {
        const chunks = [frameOf(new Uint8Array(size))];
        const answer = await served.client.send(path, chunks, headers);
        assertEquals([answer.code, answer.httpStatus], [code, httpStatus]);
      });
    }
  }
});

Deno.test("GrpcServer takes and gives 15 MiB, and no more than 16", async () => {
  await using served = await serve({
    listImages: ({ filter }) => ({
      images: [{ id: filter?.image?.image ?? "" }],
    }),
    removeImage: () => ({}),
    imageStatus: () => ({ info: { a: "x".repeat(17 * MIB) } }),
  });
  const image = "x".repeat(15 * MIB);
  const filter = { image: { image } };
  const { images } = await served.client.call(listImages, { filter });
  assertEquals(images[0]?.id.length, image.length);
  const tooMuch = () => served.client.call(imageStatus, {});
  assertEquals((await assertRejects(tooMuch, StatusError)).code, 8);
});

Deno.test("GrpcServer refuses what is no gRPC", async () => {
  await using served = await serve({ listImages: () => ({}) });
  const { client } = served;
  const json = { "content-type": "application/json" };
  assertEquals((await client.send(LIST, [], json)).httpStatus, 415);
  const get = { ":method": "GET" };
  assertEquals((await client.send(LIST, [], get)).httpStatus, 405);
});

Deno.test("GrpcServer serves many calls at once", async () => {
  await using served = await serve({ listImages: () => ({}) });
  const calls = Array.from(
    { length: 1000 },
    () => served.client.call(listImages, {}),
  );
  assertEquals((await Promise.all(calls)).length, 1000);
});

Deno.test("GrpcServer ends calls when it ends", async () => {
  const begun = Promise.withResolvers<void>();
  const served = await serve({
    listImages: () => {
      begun.resolve();
      return new Promise((resolve) => setTimeout(resolve, 300, {}));
    },
  });
  const call = served.client.call(listImages, {});
  const failed = assertRejects(() => call, StatusError);
  await begun.promise;
  await served.server[Symbol.asyncDispose]();
  assertEquals((await failed).code, 14);
  await served[Symbol.asyncDispose]();
});

Deno.test("GrpcServer ends beside clients that say nothing", async () => {
  await using served = await serve({ listImages: () => ({}) });
  const path = served.path;
  using silent = await Deno.connect({ transport: "unix", path });
  using half = await Deno.connect({ transport: "unix", path });
  await half.write(new TextEncoder().encode("PRI * HTTP"));
  const stream = served.client.open(LIST);
  stream.on("error", () => {});
  stream.write(new Uint8Array([0, 0]));
  await served.client.call(listImages, {});
  const begunMs = performance.now();
  await served.server[Symbol.asyncDispose]();
  assert(performance.now() - begunMs < 5000);
  // The server's settings, and then the end.
  while (await silent.read(new Uint8Array(100)) !== null);
});

Deno.test("GrpcServer outlives clients that say that they go", async () => {
  using dir = tempDir();
  const path = dir.join("s.sock");
  const server = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-check", "--quiet", ECHO, path],
    // What is freed is overwritten: who still uses it falls over.
    env: { MALLOC_PERTURB_: "165" },
  }).spawn();
  await until(() => isNameThere(path));
  for (let round = 0; round < 60; round++) {
    using client = new GrpcClient(path);
    const calls = Array.from({ length: 10 }, (_, index) => {
      if (round % 3 === 0) return client.call(pullImage, {});
      if (index === 0) return Array.fromAsync(client.stream(streamImages, {}));
      return client.call(listImages, {});
    });
    const settled = Promise.allSettled(calls);
    if (round % 3 === 1) await settled;
    else await client.call(listImages, {});
  } // with GOAWAY
  server.kill("SIGTERM");
  assertEquals((await server.status).code, 0);
});

Deno.test("GrpcServer answers who comes after hundreds who never left", async () => {
  await using served = await serve({ listImages: () => ({ images: [] }) });
  const forgotten: GrpcClient[] = [];
  try {
    for (let count = 0; count < 600; count++) {
      const one = new GrpcClient(served.path);
      forgotten.push(one);
      assertEquals((await one.call(listImages, {})).images, []);
    }
  } finally {
    for (const one of forgotten) one[Symbol.dispose]();
  }
});
