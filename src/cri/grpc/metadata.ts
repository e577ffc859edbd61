/** The few headers that gRPC has over HTTP/2: PROTOCOL-HTTP2.md of gRPC. */

import { toBytes } from "../../formats/bytes.ts";
import type { GrpcStatus } from "./grpc_error.ts";

/** The content type of all bodies. */
export const CONTENT_TYPE = "application/grpc";

/** Whether a request's body is what the server reads. */
export function isGrpc(contentType: string | undefined): boolean {
  return /^application\/grpc(\+proto)?( *;.*)?$/i.test(contentType ?? "");
}

/** Milliseconds of each unit. */
const UNITS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/**
 * Reads `grpc-timeout`.
 *
 * @returns Milliseconds; undefined if there is none.
 * @throws {SyntaxError} If it is malformed.
 */
export function parseTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, digits = "", unit = ""] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  const scale = UNITS[unit];
  if (scale !== undefined) return Number(digits) * scale;
  throw new SyntaxError(`Cannot read grpc-timeout "${text}": it is malformed`);
}

// Clients refuse headers of 8 KiB and more.
const MAX_MESSAGE_BYTES = 4096;

/** The trailers that a call ends with. */
export function statusTrailers(
  { code, message }: GrpcStatus,
): Record<string, string> {
  const status = { "grpc-status": String(code) };
  return message === ""
    ? status
    : { ...status, "grpc-message": encodeMessage(message) };
}

/**
 * Percent-encodes a message, and truncates it to what clients accept; also trims
 * blanks, which are malformed at the ends of a header.
 */
export function encodeMessage(message: string): string {
  let encoded = "";
  for (const character of message.replace(/^ +/, "")) {
    const next = isPlain(character) ? character : percentEncode(character);
    if (encoded.length + next.length > MAX_MESSAGE_BYTES) break;
    encoded += next;
  }
  return encoded.replace(/ +$/, "");
}

function isPlain(character: string): boolean {
  return character >= " " && character <= "~" && character !== "%";
}

function percentEncode(character: string): string {
  return [...toBytes(character)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
    .join("");
}
