/** A gRPC client on Node's HTTP/2, which also sends what no client should. */

import { Buffer } from "node:buffer";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
} from "node:http2";
import { connect as connectSocket } from "node:net";
import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { deferEnd } from "../../src/cri/grpc/defer_end.ts";
import { type Bytes, concatBytes } from "../../src/formats/bytes.ts";

/** A method with its messages, as generated code has it. */
type Method<Input extends DescMessage, Output extends DescMessage> =
  & DescMethod
  & { readonly input: Input; readonly output: Output };

/** What a call sends besides its request. */
export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** An answer that is no OK. */
export class StatusError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = "StatusError";
    this.code = code;
  }
}

/** All of an answer. */
export interface RawAnswer {
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Of gRPC; NaN if there was none. */
  readonly code: number;
  /** Decoded. */
  readonly message: string;
  readonly body: Bytes;
  /** Why the stream was reset; 0 if it was not. */
  readonly resetCode: number;
}

/** A connection to a server. */
export class GrpcClient implements Disposable {
  readonly #session: ClientHttp2Session;

  constructor(path: string) {
    const createConnection = () => connectSocket(path);
    this.#session = connect("http://localhost", { createConnection });
    deferEnd(this.#session); // servers say that they go, too
    this.#session.on("error", () => {});
  }

  /** A unary call. @throws {StatusError} */
  async call<Input extends DescMessage, Output extends DescMessage>(
    method: Method<Input, Output>,
    request: MessageInitShape<Input>,
    options: CallOptions = {},
  ): Promise<MessageShape<Output>> {
    for await (const message of this.stream(method, request, options)) {
      return message;
    }
    throw new StatusError(Number.NaN, "no message");
  }

  /** A call that is answered by many messages. @throws {StatusError} */
  async *stream<Input extends DescMessage, Output extends DescMessage>(
    method: Method<Input, Output>,
    request: MessageInitShape<Input>,
    { headers = {}, signal }: CallOptions = {},
  ): AsyncGenerator<MessageShape<Output>> {
    const path = `/${method.parent.typeName}/${method.name}`;
    const stream = this.open(path, headers);
    signal?.addEventListener("abort", () => stream.close(8));
    stream.end(frameOf(toBinary(method.input, create(method.input, request))));
    const ended = readAnswer(stream);
    let buffered: Bytes = new Uint8Array();
    let waiting: Bytes[] = []; // joined once there is a whole message
    let missing = FRAME_HEAD;
    for await (const chunk of chunksOf(stream)) {
      waiting.push(chunk);
      missing -= chunk.byteLength;
      if (missing > 0) continue;
      buffered = concatBytes([buffered, ...waiting]);
      waiting = [];
      for (;;) {
        const message = takeMessage(buffered);
        if (message === undefined) break;
        buffered = buffered.subarray(FRAME_HEAD + message.byteLength);
        yield fromBinary(method.output, message);
      }
      missing = sizeOf(buffered) - buffered.byteLength;
    }
    const { code, message } = await ended;
    if (code !== 0) throw new StatusError(code, message);
  }

  /** Opens a stream for whatever is to be sent. */
  open(
    path: string,
    headers: Readonly<Record<string, string>> = {},
  ): ClientHttp2Stream {
    return this.#session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
  }

  /** Sends bytes as they are, and waits for the end. */
  async send(
    path: string,
    chunks: readonly Uint8Array[],
    headers: Readonly<Record<string, string>> = {},
  ): Promise<RawAnswer> {
    const stream = this.open(path, headers);
    const ended = readAnswer(stream);
    stream.resume();
    for (const chunk of chunks) stream.write(chunk);
    stream.end();
    return await ended;
  }

  [Symbol.dispose](): void {
    this.#session.destroy();
  }
}

/** A message in its frame. */
export function frameOf(message: Uint8Array, flag = 0): Bytes {
  const frame = new Uint8Array(5 + message.byteLength);
  frame[0] = flag;
  new DataView(frame.buffer).setUint32(1, message.byteLength);
  frame.set(message, 5);
  return frame;
}

/** Reads what an answer is made of; the body only if it is flowing. */
export function readAnswer(stream: ClientHttp2Stream): Promise<RawAnswer> {
  const { promise, resolve } = Promise.withResolvers<RawAnswer>();
  let headers: Record<string, unknown> = {};
  let trailers: Record<string, unknown> = {};
  const chunks: Uint8Array[] = [];
  stream.on("response", (received) => {
    headers = received;
    if ("grpc-status" in received) trailers = received;
  });
  stream.on("trailers", (received) => trailers = received);
  stream.on("data", (chunk) => chunks.push(chunk));
  stream.on("error", () => {});
  // Deno 2.9.6 does not close a stream that is reset without an error while its
  // request waits for room: the server has answered, and reads no more of it.
  stream.on("end", () => stream.destroy());
  stream.on("close", () =>
    resolve({
      httpStatus: Number(headers[":status"]),
      headers,
      code: Number(trailers["grpc-status"]),
      message: decodeURIComponent(String(trailers["grpc-message"] ?? "")),
      body: concatBytes(chunks),
      resetCode: stream.rstCode ?? 0,
    }));
  return promise;
}

async function* chunksOf(stream: ClientHttp2Stream): AsyncGenerator<Bytes> {
  const chunks: Bytes[] = [];
  let isOver = false;
  let wake = () => {};
  stream.on("data", (chunk) => {
    chunks.push(new Uint8Array(Buffer.from(chunk)));
    wake();
  });
  stream.on("close", () => {
    isOver = true;
    wake();
  });
  for (;;) {
    const chunk = chunks.shift();
    if (chunk !== undefined) yield chunk;
    else if (isOver) return;
    else await new Promise<void>((resolve) => wake = resolve);
  }
}

const FRAME_HEAD = 5;

function takeMessage(buffered: Bytes): Bytes | undefined {
  const size = sizeOf(buffered);
  return buffered.byteLength < size
    ? undefined
    : buffered.subarray(FRAME_HEAD, size);
}

/** Of the first frame, as far as that is known. */
function sizeOf(buffered: Bytes): number {
  if (buffered.byteLength < FRAME_HEAD) return FRAME_HEAD;
  const { buffer, byteOffset } = buffered;
  return FRAME_HEAD + new DataView(buffer, byteOffset).getUint32(1);
}
