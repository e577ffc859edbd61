/** The standard streams of a process that runs elsewhere, such as in a container. */

import type { Bytes } from "../formats/bytes.ts";

/** What somebody who is attached to a process has of it. Disposing detaches. */
export interface ProcessStreams extends AsyncDisposable {
  /**
   * What the process reads; closing it is its end. Undefined if nothing may be
   * written to it.
   */
  readonly stdin: WritableStream<Bytes> | undefined;
  /** What it writes, from now on. It must be read, or the process waits. */
  readonly stdout: ReadableStream<Bytes>;
  /** Empty if the process has a terminal, which mixes both. */
  readonly stderr: ReadableStream<Bytes>;
  /** Tells the process's terminal its size; nothing happens without one. */
  resize(size: TerminalSize): Promise<void>;
  /**
   * Settles when the process has ended, or will be heard of no more: its exit code,
   * or 128 and the signal's number. Undefined if it only was attached to.
   */
  readonly ended: Promise<number | undefined>;
}

/** The size of a terminal, in characters. */
export interface TerminalSize {
  /** Of each line. */
  readonly columns: number;
  /** Lines. */
  readonly rows: number;
}

/** A connection, such as one to a port in a pod. Disposing closes it. */
export interface ByteChannel extends AsyncDisposable {
  /** What the other side writes. */
  readonly readable: ReadableStream<Bytes>;
  /** What the other side reads; closing it is its end. */
  readonly writable: WritableStream<Bytes>;
}
