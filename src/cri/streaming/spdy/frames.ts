/** Frames of SPDY/3.1, and how they are written: section 2.2 and 2.6. */

import { type Bytes, concatBytes } from "../../../formats/bytes.ts";

/** A frame that was read; a long one of data in several parts. */
export type Frame =
  | DataFrame
  | HeadersFrame
  | {
    readonly kind: "reset";
    readonly streamId: number;
    readonly status: number;
  }
  | { readonly kind: "settings"; readonly initialWindow: number | undefined }
  | { readonly kind: "ping"; readonly id: number }
  | { readonly kind: "go-away" }
  | {
    readonly kind: "window";
    /** Zero is the session. */
    readonly streamId: number;
    readonly bytes: number;
  }
  | { readonly kind: "unknown" };

/** Data of a stream, or a part of them. */
export interface DataFrame {
  readonly kind: "data";
  readonly streamId: number;
  readonly bytes: Bytes;
  /** Whether this is the sender's last frame; only set in its last part. */
  readonly isLast: boolean;
}

/** A frame with headers: one that makes a stream, accepts it, or adds to it. */
export interface HeadersFrame {
  readonly kind: "stream" | "reply" | "headers";
  readonly streamId: number;
  readonly isLast: boolean;
  /** Whether the receiver must not send data. */
  readonly isOneWay: boolean;
  /** Compressed. */
  readonly headerBlock: Bytes;
}

/** Types of control frames. */
export const FRAME_TYPES = {
  stream: 1,
  reply: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  window: 9,
} as const;

/** Why a stream is reset: section 2.6.3. */
export const RESET_STATUS = {
  protocolError: 1,
  invalidStream: 2,
  refused: 3,
  cancel: 5,
  internalError: 6,
  flowControl: 7,
  alreadyClosed: 9,
} as const;

/** Why a session ends: section 2.6.6. */
export const GO_AWAY_STATUS = { ok: 0, protocolError: 1 } as const;

/** What a control frame and a frame of data begin with. */
export const FRAME_HEAD_BYTES = 8;
/** The highest ID and the widest window. */
export const MAX_INT_31 = 0x7fff_ffff;
/** How much may be sent before a window update: section 2.6.8. */
export const INITIAL_WINDOW = 64 * 1024;
/** The setting that changes it. */
export const INITIAL_WINDOW_SETTING = 7;
/** The flag of the last frame of a stream's side. */
export const FLAG_LAST = 1;
/** The flag of a stream on which only its creator sends. */
export const FLAG_ONE_WAY = 2;

/** Of the protocol, in control frames. */
export const VERSION = 3;
const CONTROL_BIT = 0x8000;

/** Whether a frame is a control frame, by its first byte; else it is one of data. */
export function isControl(frame: Bytes): boolean {
  return ((frame[0] ?? 0) & (CONTROL_BIT >> 8)) !== 0;
}

/** A frame of data. */
export function dataFrame(
  streamId: number,
  bytes: Uint8Array,
  { isLast }: { readonly isLast: boolean },
): Bytes {
  const head = new Uint8Array(FRAME_HEAD_BYTES);
  const view = new DataView(head.buffer);
  view.setUint32(0, streamId);
  view.setUint32(4, bytes.byteLength);
  view.setUint8(4, isLast ? FLAG_LAST : 0);
  return bytes.byteLength === 0 ? head : concatBytes([head, bytes]);
}

/** A control frame of numbers of 32 bits. */
export function controlFrame(
  type: number,
  numbers: readonly number[],
  { flags = 0, rest = new Uint8Array(0) }: {
    readonly flags?: number;
    /** The bytes after the numbers. */
    readonly rest?: Uint8Array;
  } = {},
): Bytes {
  const head = new Uint8Array(FRAME_HEAD_BYTES + 4 * numbers.length);
  const view = new DataView(head.buffer);
  view.setUint16(0, CONTROL_BIT | VERSION);
  view.setUint16(2, type);
  view.setUint32(4, 4 * numbers.length + rest.byteLength);
  view.setUint8(4, flags);
  for (const [index, number] of numbers.entries()) {
    view.setUint32(FRAME_HEAD_BYTES + 4 * index, number);
  }
  return rest.byteLength === 0 ? head : concatBytes([head, rest]);
}

/** Accepts a stream. */
export function replyFrame(streamId: number, headerBlock: Bytes): Bytes {
  return controlFrame(FRAME_TYPES.reply, [streamId], { rest: headerBlock });
}

/** Resets a stream. */
export function resetFrame(streamId: number, status: number): Bytes {
  return controlFrame(FRAME_TYPES.reset, [streamId, status]);
}

/** A ping or its reply. */
export function pingFrame(id: number): Bytes {
  return controlFrame(FRAME_TYPES.ping, [id]);
}

/** Announces that no streams after this one are accepted. */
export function goAwayFrame(lastStreamId: number, status: number): Bytes {
  return controlFrame(FRAME_TYPES.goAway, [lastStreamId, status]);
}

/** Widens a window. */
export function windowFrame(streamId: number, bytes: number): Bytes {
  return controlFrame(FRAME_TYPES.window, [streamId, bytes]);
}
