/**
 * Content-Encoding: RFC 9110, 8.4. Some servers send it without a request for it.
 */

import { type Bytes, concatBytes } from "../formats/bytes.ts";

/**
 * The declared encoding of a body. "other" is treated as none: blob stores send
 * values that are no encodings, such as aws-chunked, utf-8, none. Digests verify
 * the bytes.
 */
export function encodingOf(
  { headers }: Response,
): "gzip" | "identity" | "other" {
  const name = headers.get("content-encoding")?.trim().toLowerCase() ?? "";
  if (name === "" || name === "identity") return "identity";
  return name === "gzip" || name === "x-gzip" ? "gzip" : "other";
}

/** The message for an unsupported encoding. */
export function encodingProblem({ headers }: Response): string {
  const encoding = headers.get("content-encoding") ?? "";
  return `server used Content-Encoding "${encoding.slice(0, 40)}"`;
}

/**
 * Decompresses a small body, if it is really compressed: some servers send a wrong
 * header.
 *
 * @throws {RangeError} If it is larger than allowed, unpacked.
 */
export async function decodeBody(
  response: Response,
  bytes: Bytes,
  { maxSize }: { readonly maxSize: number },
): Promise<Bytes> {
  const isPacked = encodingOf(response) === "gzip" && isGzip(bytes);
  if (!isPacked) return bytes;
  const chunks: Bytes[] = [];
  let size = 0;
  for await (const chunk of unpack(new Blob([bytes]).stream())) {
    size += chunk.length;
    if (size > maxSize) throw new RangeError(`larger than ${maxSize} bytes`);
    chunks.push(chunk);
  }
  return concatBytes(chunks);
}

/** Unpacks a body while it comes; the result can be read into buffers. */
export function unpackBody(body: ReadableStream<Bytes>): ReadableStream<Bytes> {
  const reader = unpack(body).getReader();
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const { done, value } = await reader.read();
      if (!done) return controller.enqueue(value);
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function unpack(body: ReadableStream<Bytes>): ReadableStream<Bytes> {
  return body.pipeThrough(new DecompressionStream("gzip"));
}

/** Whether bytes begin as those of gzip do: RFC 1952, 2.3. */
function isGzip(bytes: Bytes): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}
