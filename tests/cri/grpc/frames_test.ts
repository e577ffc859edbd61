import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  encodeFrame,
  FrameReader,
  MAX_MESSAGE_BYTES,
} from "../../../src/cri/grpc/frames.ts";
import {
  GRPC_CODE,
  GrpcError,
  statusOf,
} from "../../../src/cri/grpc/grpc_error.ts";
import {
  encodeMessage,
  isGrpc,
  parseTimeout,
  statusTrailers,
} from "../../../src/cri/grpc/metadata.ts";
import {
  RegistryError,
  UnauthorizedError,
} from "../../../src/errors/image_errors.ts";
import * as naming from "../../../src/errors/naming_errors.ts";
import { NotFoundError } from "../../../src/errors/not_found_errors.ts";
import { ExecTimeoutError } from "../../../src/errors/process_errors.ts";
import * as store from "../../../src/errors/store_errors.ts";

const MESSAGE = Uint8Array.of(7, 8, 9);

Deno.test("encodeFrame() puts five bytes before a message", () => {
  assertEquals(encodeFrame(MESSAGE), Uint8Array.of(0, 0, 0, 0, 3, 7, 8, 9));
  assertEquals(encodeFrame(new Uint8Array()), new Uint8Array(5));
  const most = encodeFrame(new Uint8Array(MAX_MESSAGE_BYTES));
  assertEquals(most.length, MAX_MESSAGE_BYTES + 5);
  const error = assertThrows(
    () => encodeFrame(new Uint8Array(MAX_MESSAGE_BYTES + 1)),
    GrpcError,
  );
  assertEquals(error.code, GRPC_CODE.resourceExhausted);
  assertEquals(
    error.message,
    "Cannot send a response of 16777217 bytes: 16777216 are the most",
  );
});

Deno.test("FrameReader reads a message, wherever it is cut", async (t) => {
  const frame = encodeFrame(MESSAGE);
  for (let cut = 0; cut <= frame.length; cut++) {
    await t.step(`${cut}`, () => {
      const reader = new FrameReader();
      reader.push(frame.subarray(0, cut));
      reader.push(frame.subarray(cut));
      assertEquals(reader.end(), MESSAGE);
    });
  }
});

Deno.test("FrameReader refuses what is no message", async (t) => {
  const { internal, unimplemented, resourceExhausted } = GRPC_CODE;
  const cut = (bytes: number) =>
    `Cannot read the request: it ends after ${bytes} bytes, within the message`;
  const cases: readonly (readonly [
    readonly number[],
    string | undefined,
    number,
    string,
  ])[] = [
    [[], undefined, internal, cut(0)],
    [[0, 0, 0, 0], undefined, internal, cut(4)],
    [[0, 0, 0, 0, 2, 1], undefined, internal, cut(6)],
    [
      [0, 0, 0, 0, 1, 1, 1],
      undefined,
      internal,
      "Cannot read the request: it has more than one message",
    ],
    [
      [2, 0, 0, 0, 0],
      undefined,
      internal,
      "Cannot read the request: its flag is 2, not 0 or 1",
    ],
    [
      [1, 0, 0, 0, 0],
      undefined,
      internal,
      "Cannot read the request: it is compressed, and does not say how",
    ],
    [
      [1, 0, 0, 0, 0],
      "gzip",
      unimplemented,
      'Cannot read the request: it is compressed by "gzip"',
    ],
    [
      [0, 1, 0, 0, 1],
      undefined,
      resourceExhausted,
      "Cannot read a request of 16777217 bytes: 16777216 are the most",
    ],
  ];
  for (const [bytes, encoding, code, message] of cases) {
    await t.step(message, () => {
      const error = assertThrows(() => {
        const reader = new FrameReader(encoding);
        reader.push(Uint8Array.from(bytes));
        reader.end();
      }, GrpcError);
      assertEquals([error.code, error.message], [code, message]);
    });
  }
  new FrameReader().push(Uint8Array.of(0, 1, 0, 0, 0));
});

Deno.test("isGrpc() takes protobuf alone", () => {
  const types = [
    ...["application/grpc", "APPLICATION/GRPC+PROTO", "application/grpc;x"],
    ...["application/grpc ; x", "application/grpc+json", "application/grpcx"],
    ...["text/plain", "x/application/grpc", undefined],
  ];
  assertEquals(types.filter(isGrpc).length, 4);
  assert(types.slice(0, 4).every(isGrpc));
});

Deno.test("parseTimeout() reads each unit", async (t) => {
  const cases: readonly (readonly [string | undefined, number | undefined])[] =
    [
      [undefined, undefined],
      ["1H", 3_600_000],
      ["2M", 120_000],
      ["3S", 3000],
      ["4m", 4],
      ["5000u", 5],
      ["6000000n", 6],
      ["99999999S", 99_999_999_000],
    ];
  for (const [text, ms] of cases) {
    await t.step(text ?? "none", () => assertEquals(parseTimeout(text), ms));
  }
  for (const text of ["", "1", "S", "1s", "-1S", "1.5S", "100000000S", "1SS"]) {
    await t.step(`not ${text}`, () => {
      const error = assertThrows(() => parseTimeout(text), SyntaxError);
      assertEquals(
        error.message,
        `Cannot read grpc-timeout "${text}": it is malformed`,
      );
    });
  }
});

Deno.test("encodeMessage() escapes what headers cannot hold, up to 4 KiB", () => {
  assertEquals(encodeMessage("a b~"), "a b~");
  assertEquals(encodeMessage("100%\n\x7fä"), "100%25%0A%7F%C3%A4");
  assertEquals(encodeMessage("x".repeat(4096)).length, 4096);
  assertEquals(encodeMessage("x".repeat(4097)).length, 4096);
  // A header may neither begin nor end with a blank.
  assertEquals(encodeMessage(" a b  "), "a b");
  assertEquals(encodeMessage(`${"x".repeat(4094)}  why`), "x".repeat(4094));
  // No character is cut in two.
  assertEquals(encodeMessage(`${"x".repeat(4094)}\nx`), "x".repeat(4094));
  assertEquals(statusTrailers({ code: 0, message: "" }), {
    "grpc-status": "0",
  });
  assertEquals(statusTrailers({ code: 5, message: "a\n" }), {
    "grpc-status": "5",
    "grpc-message": "a%0A",
  });
});

Deno.test("statusOf() has a code for each condition", async (t) => {
  const named = (name: string) => Object.assign(new Error("m"), { name });
  const cases: readonly (readonly [string, unknown, keyof typeof GRPC_CODE])[] =
    [
      ["its own", new GrpcError(12, "m"), "unimplemented"],
      [
        "a login",
        new UnauthorizedError("m", { status: 401 }),
        "unauthenticated",
      ],
      ["a registry", new RegistryError("m"), "unavailable"],
      ["an abort", named("AbortError"), "cancelled"],
      ["a time-out", named("TimeoutError"), "deadlineExceeded"],
      ["a command's", new ExecTimeoutError("m"), "deadlineExceeded"],
      ["nothing there", new NotFoundError("m"), "notFound"],
      ["a taken name", new naming.DuplicateNameError("m"), "alreadyExists"],
      ["an odd name", new naming.InvalidPodNameError("m"), "invalidArgument"],
      ["in use", new store.InUseError("m", []), "failedPrecondition"],
      ["refused", new store.PolicyError("m"), "failedPrecondition"],
      ["busy", new store.StoreBusyError("m"), "unavailable"],
      ["damaged", new store.UnsupportedStoreError("m"), "unknown"],
      ["odd text", new SyntaxError("m"), "invalidArgument"],
      [
        "a refusal",
        new TypeError("Cannot use x: it is odd"),
        "invalidArgument",
      ],
      ["a range", new RangeError("Cannot use x: it is odd"), "invalidArgument"],
      [
        "V8's own",
        new TypeError("Cannot read properties of undefined"),
        "unknown",
      ],
      ["an error", new Error("Cannot use x: it is odd"), "unknown"],
      ["a text", "m", "unknown"],
    ];
  for (const [name, error, code] of cases) {
    await t.step(name, () => {
      const status = statusOf(error);
      assertEquals(status.code, GRPC_CODE[code]);
      const message = error instanceof Error ? error.message : "m";
      assertEquals(status.message, message);
    });
  }
});
