/** What conmon sends to who is attached: packets of two outputs. */

import type { Bytes } from "../../formats/bytes.ts";

/** Both outputs of a process. One that is not read holds up the other. */
export interface Outputs {
  readonly stdout: ReadableStream<Bytes>;
  readonly stderr: ReadableStream<Bytes>;
  /** Settles when all has been taken, or nobody wants more. */
  readonly done: Promise<void>;
}

// Its first byte says where a packet is from: conmon's `stdpipe_t`.
const STDERR = 3;

/** Splits packets by the output that they come from. */
export function splitPackets(packets: ReadableStream<Bytes>): Outputs {
  const stdout = openOutput();
  const stderr = openOutput();
  return {
    stdout: stdout.readable,
    stderr: stderr.readable,
    done: pass(packets, (from) => from === STDERR ? stderr : stdout)
      .finally(() => Promise.all([stdout.close(), stderr.close()])),
  };
}

interface Output {
  readonly readable: ReadableStream<Bytes>;
  write(bytes: Bytes): Promise<void>;
  close(): Promise<void>;
}

async function pass(
  packets: ReadableStream<Bytes>,
  outputOf: (from: number | undefined) => Output,
): Promise<void> {
  for await (const packet of packets) {
    await outputOf(packet[0]).write(packet.subarray(1));
  }
}

/** Bytes that nobody wants any more are dropped. */
function openOutput(): Output {
  const { readable, writable } = new TransformStream<Bytes, Bytes>();
  const writer = writable.getWriter();
  const drop = () => {};
  writer.closed.catch(drop);
  return {
    readable,
    write: (bytes) => writer.write(bytes).catch(drop),
    close: () => writer.close().catch(drop),
  };
}
