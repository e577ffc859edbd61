/** Reads blobs that are files, or parts of files. */

import { BlobMismatchError } from "../errors/image_errors.ts";
import type { Bytes } from "../formats/bytes.ts";
import type { BlobFile, OpenBlobOptions } from "../formats/oci/blob_source.ts";
import type { Descriptor } from "../formats/oci/descriptor.ts";

// Reads of this size cost little and bound the memory.
const CHUNK_SIZE = 256 * 1024;

/**
 * Opens a blob that is in a file, as a stream.
 *
 * @throws {BlobMismatchError} If the file has another size: reading it again, as one
 *   does where connections break, brings no more.
 */
export async function openBlobFile(
  file: BlobFile,
  { digest, size }: Pick<Descriptor, "digest" | "size">,
  options: OpenBlobOptions = {},
): Promise<ReadableStream<Bytes>> {
  if (file.size === size) return await streamRange(file, options);
  throw new BlobMismatchError(
    `Cannot read blob "${digest}": its file has ${file.size} bytes, ` +
      `expected ${size}`,
  );
}

/** Opens a part of a file as a stream; one that is interrupted ends early. */
export async function streamRange(
  { path, offset: start = 0, size }: BlobFile,
  { offset = 0, signal }: OpenBlobOptions = {},
): Promise<ReadableStream<Bytes>> {
  signal?.throwIfAborted();
  const file = await Deno.open(path);
  let left = Math.max(size - offset, 0);
  file.seekSync(start + offset, Deno.SeekMode.Start);
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: CHUNK_SIZE,
    pull(controller) {
      const view = controller.byobRequest?.view;
      if (!(view instanceof Uint8Array)) throw new TypeError("no buffer");
      const room = view.subarray(0, left);
      // Reads at once: a detour through the event loop takes as long again.
      const isOver = signal?.aborted || room.length === 0;
      const count = isOver ? null : file.readSync(room);
      if (count !== null) {
        left -= count;
        controller.byobRequest?.respond(count);
        return;
      }
      file.close();
      if (signal?.aborted) return controller.error(signal.reason);
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel: () => file.close(),
  });
}

/** Reads all of a small blob; the caller has looked at its size. */
export async function readRange(
  { path, offset = 0, size }: BlobFile,
): Promise<Bytes> {
  using file = await Deno.open(path);
  file.seekSync(offset, Deno.SeekMode.Start);
  const bytes = new Uint8Array(size);
  let end = 0;
  while (end < size) {
    const count = file.readSync(bytes.subarray(end));
    if (count === null) break;
    end += count;
  }
  return bytes.subarray(0, end);
}
