/** Splits conmon's packets for attached clients into two outputs. */

import { isInTime } from "../../errors/abort.ts";
import { type Bytes, concatBytes } from "../../formats/bytes.ts";

/** Both outputs of a process. An unread one blocks the other. */
export interface Outputs {
  readonly stdout: ReadableStream<Bytes>;
  readonly stderr: ReadableStream<Bytes>;
  /** Settles when all has been read, or both were cancelled. */
  readonly done: Promise<void>;
  /** Ends both; unread data is dropped. */
  drop(): void;
}

/** How to split packets. */
export interface SplitOptions {
  /**
   * How long data may stay unread, in milliseconds, before the outputs are given
   * up.
   *
   * @default {no limit}
   */
  readonly patienceMs?: number | undefined;
  /**
   * A further packet at the end.
   *
   * @default {nothing}
   */
  readonly last?: Promise<Bytes | undefined> | undefined;
}

// The first byte is the source of a packet: conmon's `stdpipe_t`.
const STDOUT = 2;
const STDERR = 3;

/** Splits packets by the output that they come from. */
export function splitPackets(
  packets: ReadableStream<Bytes>,
  { patienceMs, last }: SplitOptions = {},
): Outputs {
  const stdout = openOutput();
  const stderr = openOutput();
  return {
    ...{ stdout: stdout.readable, stderr: stderr.readable, drop },
    done: passAll(),
  };

  async function passAll(): Promise<void> {
    for await (const packet of packets) {
      const passed = pass(packet);
      const isLate = patienceMs !== undefined &&
        !await isInTime(passed, patienceMs);
      if (isLate) return drop();
      await passed;
    }
    const packet = await last;
    if (packet !== undefined) await pass(packet);
    await Promise.all([stdout.close(), stderr.close()]);
  }

  async function pass(packet: Bytes): Promise<void> {
    const output = packet[0] === STDERR ? stderr : stdout;
    await output.write(packet.subarray(1));
  }

  function drop(): void {
    for (const output of [stdout, stderr]) void output.drop();
  }
}

/** A packet as conmon would send it. */
export function makePacket(output: "stdout" | "stderr", bytes: Bytes): Bytes {
  const from = output === "stderr" ? STDERR : STDOUT;
  return concatBytes([new Uint8Array([from]), bytes]);
}

interface Output {
  readonly readable: ReadableStream<Bytes>;
  write(bytes: Bytes): Promise<void>;
  close(): Promise<void>;
  drop(): Promise<void>;
}

/** Data of a cancelled output is dropped. */
function openOutput(): Output {
  let isOpen = true;
  let wanted = Promise.withResolvers<void>();
  const { promise: opened, resolve: open } = Promise.withResolvers<
    ReadableStreamDefaultController<Bytes>
  >();
  const readable = new ReadableStream<Bytes>({
    start: open,
    pull: () => wanted.resolve(),
    cancel: end,
  });
  return {
    readable,
    async write(bytes) {
      const controller = await opened;
      if (!isOpen) return;
      wanted = Promise.withResolvers();
      controller.enqueue(bytes);
      if ((controller.desiredSize ?? 0) <= 0) await wanted.promise;
    },
    async close() {
      const controller = await opened;
      if (isOpen) controller.close();
      end();
    },
    async drop() {
      const controller = await opened;
      if (isOpen) {
        controller.error(new Error("Cannot continue to read: it was closed"));
      }
      end();
    },
  };

  function end(): void {
    isOpen = false;
    wanted.resolve();
  }
}
