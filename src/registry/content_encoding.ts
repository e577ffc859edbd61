/** Content-Encoding: RFC 9110, 8.4. Nobody asks for it, and yet it comes. */

import { type Bytes, concatBytes } from "../formats/bytes.ts";

/**
 * How the body of an answer is packed, or is said to be. What is "other" counts as
 * it is: stores of blobs keep words there that are no encodings, such as
 * aws-chunked, utf-8, none. Whether the bytes are right is for digests to tell.
 */
export function encodingOf(
  { headers }: Response,
): "gzip" | "identity" | "other" {
  const name = headers.get("content-encoding")?.trim().toLowerCase() ?? "";
  if (name === "" || name === "identity") return "identity";
  return name === "gzip" || name === "x-gzip" ? "gzip" : "other";
}

/** Says that a body is packed as nobody can unpack it. */
export function encodingProblem({ headers }: Response): string {
  const encoding = headers.get("content-encoding") ?? "";
  return `server used Content-Encoding "${encoding.slice(0, 40)}"`;
}

/**
 * Unpacks a small body, if it is packed as its header says: some servers say it of
 * what is not.
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
