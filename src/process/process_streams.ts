/** The standard streams of another process, such as in a container. */

import type { Bytes } from "../formats/bytes.ts";

/** The streams of an attached process. Disposing detaches. */
export interface ProcessStreams extends AsyncDisposable {
  /**
   * The input of the process; closing it ends the input. Undefined without input.
   */
  readonly stdin: WritableStream<Bytes> | undefined;
  /** Its output, from now on. It must be read, or the process blocks. */
  readonly stdout: ReadableStream<Bytes>;
  /** Empty if the process has a terminal, which mixes both. */
  readonly stderr: ReadableStream<Bytes>;
  /** Sets the size of the process's terminal; no effect without one. */
  resize(size: TerminalSize): Promise<void>;
  /**
   * Settles at the end of the process or of its streams: the exit code, or 128 and
   * the signal's number. Undefined for an attached process.
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
  /** Data from the other side. */
  readonly readable: ReadableStream<Bytes>;
  /** Data for the other side; closing it ends the data. */
  readonly writable: WritableStream<Bytes>;
}
