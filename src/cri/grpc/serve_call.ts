/** Serves one call: a stream of HTTP/2. */

import {
  constants,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import {
  create,
  type DescMessage,
  fromBinary,
  type Message,
  toBinary,
} from "@bufbuild/protobuf";
import { unlessAborted } from "../../errors/abort.ts";
import { messageOf } from "../../errors/why.ts";
import type { Bytes } from "../../formats/bytes.ts";
import { encodeFrame } from "./frames.ts";
import {
  GRPC_CODE,
  GrpcError,
  type GrpcStatus,
  statusOf,
} from "./grpc_error.ts";
import { limitCall } from "./limit_call.ts";
import { CONTENT_TYPE, isGrpc, statusTrailers } from "./metadata.ts";
import { readRequest } from "./read_request.ts";
import type { RequestBudget } from "./request_budget.ts";
import type {
  AnyMessage,
  CallContext,
  MethodEntry,
} from "./service_methods.ts";

/** A call that has ended. */
export interface EndedCall {
  /**
   * The path of the request: `/runtime.v1.ImageService/ListImages`, or an unknown
   * one.
   */
  readonly path: string;
  /** Whether the server has such a method. */
  readonly isKnown: boolean;
  /** Undefined if none could be read. */
  readonly request: Message | undefined;
  readonly status: GrpcStatus;
  readonly durationMs: number;
}

/** The context of calls. */
export interface CallServer {
  readonly methods: ReadonlyMap<string, MethodEntry>;
  /** Aborted when all calls must end. */
  readonly ending: AbortSignal;
  /** The memory budget of incomplete requests. */
  readonly budget: RequestBudget;
  /**
   * Called for each call when it has ended.
   *
   * @default {none}
   */
  readonly onEnd?: ((call: EndedCall) => void) | undefined;
}

// The time for a client to read its response, after the call has ended.
const CLOSE_TIMEOUT_MS = 30_000;

/** Serves a call. Settles when all its work has ended; never rejects. */
export async function serveCall(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { methods, ending, budget, onEnd }: CallServer,
): Promise<void> {
  const begunMs = performance.now();
  stream.on("error", () => {}); // The `close` event ends the call.
  if (!isGrpc(headers["content-type"]) || headers[":method"] !== "POST") {
    refuseRequest(stream, headers);
    return;
  }
  const path = headers[":path"] ?? "";
  const entry = methods.get(path);
  const running = new Set<Promise<unknown>>();
  let request: Message | undefined;
  const status = await answer(stream, headers, {
    ...{ entry, ending, budget, running },
    onRequest: (message) => request = message,
  });
  finish(stream, status);
  const isKnown = entry !== undefined;
  const durationMs = performance.now() - begunMs;
  onEnd?.({ path, isKnown, request, status, durationMs });
  await Promise.allSettled(running);
}

/** No gRPC: answered as HTTP. */
function refuseRequest(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): void {
  const isOther = headers[":method"] !== "POST";
  stream.respond({ ":status": isOther ? 405 : 415 }, { endStream: true });
  stream.close(constants.NGHTTP2_NO_ERROR);
}

interface Calling extends Pick<CallServer, "ending" | "budget"> {
  readonly entry: MethodEntry | undefined;
  /** Work of a method that the call may not await any more. */
  readonly running: Set<Promise<unknown>>;
  /** Receives the complete request. */
  readonly onRequest: (request: Message) => void;
}

async function answer(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { entry, ending, budget, running, onRequest }: Calling,
): Promise<GrpcStatus> {
  try {
    const description = entry?.description;
    const run = entry?.run;
    if (description === undefined || run === undefined) {
      throw new GrpcError(
        GRPC_CODE.unimplemented,
        `Cannot call "${headers[":path"] ?? ""}": there is no such method`,
      );
    }
    using limits = limitCall(stream, headers, ending);
    const { context } = limits;
    const reading = { ...context, budget };
    const bytes = await readRequest(stream, headers, reading);
    const request = decode(description.input, bytes);
    onRequest(request);
    const output = { stream, description: description.output, context };
    const answer = run(request, context);
    if (isIterable(answer)) await sendAll(answer, { ...output, running });
    else await sendOne(keep(Promise.resolve(answer), running), output);
    return { code: GRPC_CODE.ok, message: "" };
  } catch (error) {
    return statusOf(error);
  }
}

function isIterable(
  answer: ReturnType<NonNullable<MethodEntry["run"]>>,
): answer is AsyncIterable<AnyMessage> {
  return Symbol.asyncIterator in answer;
}

/** Tracks work that may outlive the call. */
function keep<T>(
  promise: Promise<T>,
  running: Set<Promise<unknown>>,
): Promise<T> {
  running.add(promise);
  const forget = () => running.delete(promise);
  promise.then(forget, forget);
  return promise;
}

function decode(description: DescMessage, bytes: Bytes): Message {
  try {
    return fromBinary(description, bytes);
  } catch (error) {
    throw new GrpcError(
      GRPC_CODE.internal,
      `Cannot read the request: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

interface Output {
  readonly stream: ServerHttp2Stream;
  readonly description: DescMessage;
  readonly context: CallContext;
}

async function sendOne(
  answer: Promise<AnyMessage>,
  { stream, description, context }: Output,
): Promise<void> {
  const frame = encode(description, await unlessAborted(() => answer, context));
  begin(stream);
  stream.write(frame);
}

async function sendAll(
  answers: AsyncIterable<AnyMessage>,
  { stream, description, context, running }: Output & Pick<Calling, "running">,
): Promise<void> {
  const iterator = answers[Symbol.asyncIterator]();
  // The first event may come after hours, so send the headers now.
  begin(stream);
  try {
    while (true) {
      const next = keep(iterator.next(), running);
      const { done, value } = await unlessAborted(() => next, context);
      if (done) return;
      if (!stream.write(encode(description, value))) {
        await unlessAborted(() => drained(stream), context);
      }
    }
  } finally {
    const ended = iterator.return?.();
    if (ended !== undefined) keep(ended, running);
  }
}

function encode(description: DescMessage, value: AnyMessage): Bytes {
  return encodeFrame(toBinary(description, create(description, value)));
}

function begin(stream: ServerHttp2Stream): void {
  const headers = { ":status": 200, "content-type": CONTENT_TYPE };
  stream.respond(headers, { waitForTrailers: true });
}

function drained(stream: ServerHttp2Stream): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.once("drain", resolve);
  return promise;
}

/** Sends the status, and disconnects a client that does not read. */
function finish(stream: ServerHttp2Stream, status: GrpcStatus): void {
  if (stream.destroyed || stream.closed) return;
  const trailers = statusTrailers(status);
  const farewell = setTimeout(
    () => stream.close(constants.NGHTTP2_CANCEL),
    CLOSE_TIMEOUT_MS,
  );
  stream.once("close", () => clearTimeout(farewell));
  // Resets the stream of a client that still sends.
  if (!stream.readableEnded) {
    stream.once("finish", () => stream.close(constants.NGHTTP2_NO_ERROR));
  }
  if (!stream.headersSent) {
    const headers = {
      ":status": 200,
      "content-type": CONTENT_TYPE,
      "grpc-accept-encoding": "identity",
    };
    stream.respond({ ...headers, ...trailers }, { endStream: true });
    return;
  }
  stream.once("wantTrailers", () => stream.sendTrailers(trailers));
  stream.end();
}
