/** The streams of a client, for any protocol. */

import type { Bytes } from "../../formats/bytes.ts";

/** The client's ends of a process's streams. */
export interface ClientStreams {
  /** The client's input; undefined if not requested. */
  readonly stdin: ReadableStream<Bytes> | undefined;
  readonly stdout: WritableStream<Bytes> | undefined;
  readonly stderr: WritableStream<Bytes> | undefined;
  /** Sizes of its terminal: JSON, one object behind the other. */
  readonly sizes: ReadableStream<Bytes> | undefined;
  /** Aborts when it has gone. */
  readonly gone: AbortSignal;
  /** Sends the result of the process, and ends the connection. Never fails. */
  finish(outcome: Outcome): Promise<void>;
  /** Breaks the connection off. */
  abort(): void;
}

/** The result of a process. */
export type Outcome =
  | {
    readonly kind: "ended";
    /** Undefined if the client was only attached. */
    readonly exitCode: number | undefined;
  }
  | {
    readonly kind: "failed";
    /** For the client's user. */
    readonly message: string;
  };
