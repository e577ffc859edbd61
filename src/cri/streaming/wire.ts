/** A client's connection after the upgrade: unbuffered bytes in both directions. */

import type { Duplex } from "node:stream";
import { type Bytes, concatBytes } from "../../formats/bytes.ts";

/** The transport of protocols. */
export interface Wire {
  /**
   * Received data; can be read once. Ends when the client has ended; throws after a
   * reset.
   */
  read(): AsyncIterable<Bytes>;
  /**
   * Resolves when the kernel has accepted the bytes; rejects if the client has
   * gone.
   */
  write(bytes: Bytes): Promise<void>;
  /** Ends the output, after all pending data. */
  end(): void;
  /** Destroys the connection; unwritten data is lost. */
  destroy(): void;
}

/**
 * Makes a wire of a stream of Node's, such as a socket.
 *
 * @param head What has been read of it already.
 */
export function duplexWire(stream: Duplex, head: Uint8Array): Wire {
  stream.on("error", () => {}); // Readers and writers get the error.
  return {
    async *read() {
      if (head.byteLength > 0) yield concatBytes([head]);
      for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
        yield chunk;
      }
    },
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => error ? reject(error) : resolve());
      }),
    end: () => void stream.end(),
    destroy: () => void stream.destroy(),
  };
}
