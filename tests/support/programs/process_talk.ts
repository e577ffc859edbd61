/** Talks with processes by their streams. */

import {
  type Bytes,
  concatBytes,
  toBytes,
  toText,
} from "../../../src/formats/bytes.ts";
import type { ProcessStreams } from "../../../src/process/process_streams.ts";

/** A stream that is read in the background. */
export interface Listener {
  /** All that came. */
  readonly text: () => string;
  /** Settles at its end. */
  readonly done: Promise<void>;
}

/** Reads a stream in the background. */
export function listen(stream: ReadableStream<Bytes>): Listener {
  const chunks: Bytes[] = [];
  const read = async () => {
    for await (const chunk of stream) chunks.push(chunk);
  };
  const done = read();
  done.catch(() => {});
  return { text: () => toText(concatBytes(chunks)), done };
}

/** Reads both outputs in the background. */
export function listenTo(
  { stdout, stderr }: ProcessStreams,
): { readonly stdout: Listener; readonly stderr: Listener } {
  return { stdout: listen(stdout), stderr: listen(stderr) };
}

/** Somebody who types. */
export interface Speaker {
  say(text: string): Promise<void>;
  end(): Promise<void>;
}

/** Writes to a process. */
export function speakTo({ stdin }: ProcessStreams): Speaker {
  const writer = stdin?.getWriter();
  if (writer === undefined) throw new Error("It reads nothing");
  return {
    say: (text) => writer.write(toBytes(text)),
    end: () => writer.close(),
  };
}
