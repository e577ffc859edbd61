/** Reads frames of SPDY/3.1, however their bytes arrive. */

import { type Bytes, concatBytes } from "../../../formats/bytes.ts";
import {
  FLAG_LAST,
  FLAG_ONE_WAY,
  type Frame,
  FRAME_HEAD_BYTES,
  FRAME_TYPES,
  INITIAL_WINDOW_SETTING,
  isControl,
  MAX_INT_31,
  VERSION,
} from "./frames.ts";

/** The client breaks the protocol; later data cannot be parsed. */
export class SpdyProtocolError extends Error {
  static {
    this.prototype.name = "SpdyProtocolError";
  }
}

// Kubernetes' headers take some hundred bytes.
const MAX_CONTROL_BYTES = 16 * 1024;
const STREAM_FIELDS_BYTES = 10;

/** Buffers incomplete frames. */
export class FrameReader {
  /** The begin of a control frame, or of a frame's head. */
  #kept: Bytes = new Uint8Array(0);
  /** The frame of data that is being read. */
  #data: OpenData | undefined;

  /**
   * Reads all frames that the bytes complete. Data is returned as it arrives: in
   * parts, each a view of the bytes.
   *
   * @throws {SpdyProtocolError} If they break the protocol.
   */
  *read(bytes: Bytes): Generator<Frame, void> {
    let rest = bytes;
    for (;;) {
      if (this.#data !== undefined) {
        const [frame, left] = takeData(this.#data, rest);
        rest = left;
        if (this.#data.bytesLeft === 0) this.#data = undefined;
        if (frame !== undefined) yield frame;
        if (this.#data !== undefined) return;
      }
      const taken = this.#takeHead(rest);
      if (taken === undefined) return;
      rest = taken.rest;
      if (taken.frame !== undefined) yield taken.frame;
    }
  }

  /** A complete control frame or the head of a data frame, if it has arrived. */
  #takeHead(bytes: Bytes): Taken | undefined {
    const all = this.#kept.byteLength > 0
      ? concatBytes([this.#kept, bytes])
      : bytes;
    const size = frameSize(all);
    if (size === undefined || all.byteLength < size) {
      this.#kept = all.slice(); // Copied, as the underlying buffer belongs to the caller.
      return undefined;
    }
    this.#kept = new Uint8Array(0);
    const [frame, rest] = [all.subarray(0, size), all.subarray(size)];
    if (isControl(frame)) return { frame: parseControl(frame), rest };
    const view = viewOf(frame);
    this.#data = {
      streamId: view.getUint32(0) & MAX_INT_31,
      isLast: (view.getUint8(4) & FLAG_LAST) !== 0,
      bytesLeft: lengthOf(view),
    };
    return { frame: undefined, rest };
  }
}

interface OpenData {
  readonly streamId: number;
  readonly isLast: boolean;
  bytesLeft: number;
}

interface Taken {
  readonly frame: Frame | undefined;
  readonly rest: Bytes;
}

function takeData(data: OpenData, bytes: Bytes): [Frame | undefined, Bytes] {
  const part = bytes.subarray(0, data.bytesLeft);
  data.bytesLeft -= part.byteLength;
  const isLast = data.isLast && data.bytesLeft === 0;
  const rest = bytes.subarray(part.byteLength);
  if (part.byteLength === 0 && !isLast) return [undefined, rest];
  const { streamId } = data;
  return [{ kind: "data", streamId, bytes: part, isLast }, rest];
}

/** How much of a frame is read at once; undefined before its head is there. */
function frameSize(bytes: Bytes): number | undefined {
  if (bytes.byteLength < FRAME_HEAD_BYTES) return undefined;
  if (!isControl(bytes)) return FRAME_HEAD_BYTES;
  const length = lengthOf(viewOf(bytes));
  if (length > MAX_CONTROL_BYTES) {
    throw new SpdyProtocolError(
      `Cannot read a control frame of ${length} bytes: ` +
        `${MAX_CONTROL_BYTES} are the most`,
    );
  }
  return FRAME_HEAD_BYTES + length;
}

function parseControl(frame: Bytes): Frame {
  const view = viewOf(frame);
  const version = view.getUint16(0) & 0x7fff;
  if (version !== VERSION) {
    throw new SpdyProtocolError(`Cannot read SPDY/${version}: it is not 3`);
  }
  const [type, flags] = [view.getUint16(2), view.getUint8(4)];
  const body = new DataView(
    frame.buffer,
    frame.byteOffset + FRAME_HEAD_BYTES,
    frame.byteLength - FRAME_HEAD_BYTES,
  );
  switch (type) {
    case FRAME_TYPES.stream:
      return parseHeaders("stream", body, { flags, skip: STREAM_FIELDS_BYTES });
    case FRAME_TYPES.reply:
      return parseHeaders("reply", body, { flags, skip: 4 });
    case FRAME_TYPES.headers:
      return parseHeaders("headers", body, { flags, skip: 4 });
    case FRAME_TYPES.reset:
      checkLength(body, 8);
      return { kind: "reset", streamId: idAt(body), status: body.getUint32(4) };
    case FRAME_TYPES.settings:
      return parseSettings(body);
    case FRAME_TYPES.ping:
      checkLength(body, 4);
      return { kind: "ping", id: body.getUint32(0) };
    case FRAME_TYPES.goAway:
      checkLength(body, 8);
      return { kind: "go-away" };
    case FRAME_TYPES.window:
      return parseWindow(body);
  }
  return { kind: "unknown" }; // Section 2.2.1: others are ignored.
}

function parseHeaders(
  kind: "stream" | "reply" | "headers",
  body: DataView<ArrayBuffer>,
  { flags, skip }: { readonly flags: number; readonly skip: number },
): Frame {
  if (body.byteLength < skip) throw wrongLength(body);
  return {
    kind,
    streamId: idAt(body),
    isLast: (flags & FLAG_LAST) !== 0,
    isOneWay: kind === "stream" && (flags & FLAG_ONE_WAY) !== 0,
    headerBlock: new Uint8Array(body.buffer, body.byteOffset + skip)
      .slice(0, body.byteLength - skip),
  };
}

function parseSettings(body: DataView): Frame {
  if (body.byteLength < 4) throw wrongLength(body);
  const count = body.getUint32(0);
  checkLength(body, 4 + 8 * count);
  let initialWindow: number | undefined;
  for (let at = 4; at < body.byteLength; at += 8) {
    const setting = body.getUint32(at) & 0xff_ffff;
    if (setting === INITIAL_WINDOW_SETTING) {
      initialWindow = windowAt(body, at + 4);
    }
  }
  return { kind: "settings", initialWindow };
}

function parseWindow(body: DataView): Frame {
  checkLength(body, 8);
  const bytes = windowAt(body, 4);
  if (bytes === 0) throw new SpdyProtocolError("Cannot widen a window by 0");
  return { kind: "window", streamId: idAt(body), bytes };
}

function windowAt(body: DataView, at: number): number {
  const bytes = body.getUint32(at);
  if (bytes <= MAX_INT_31) return bytes;
  throw new SpdyProtocolError(`Cannot have a window of ${bytes} bytes`);
}

function checkLength(body: DataView, expected: number): void {
  if (body.byteLength !== expected) throw wrongLength(body);
}

function wrongLength({ byteLength }: DataView): SpdyProtocolError {
  return new SpdyProtocolError(
    `Cannot read a control frame: it cannot have ${byteLength} bytes`,
  );
}

function lengthOf(view: DataView): number {
  return view.getUint32(4) & 0xff_ffff;
}

function idAt(body: DataView): number {
  return body.getUint32(0) & MAX_INT_31;
}

function viewOf(bytes: Bytes): DataView<ArrayBuffer> {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
