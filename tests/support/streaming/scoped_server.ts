/** A streaming server that may do nothing else: prints URLs, and serves them. */

import { startStreaming } from "../../../src/cri/streaming/start_streaming.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import type { ProcessStreams } from "../../../src/process/process_streams.ts";

const server = await startStreaming();
const wanted = { stdin: true, stdout: true, stderr: false, terminal: false };
const urls = [server.exec(echo, wanted), server.exec(echo, wanted)];
// deno-lint-ignore no-console -- this is a program
console.log(urls.join("\n"));

/** Gives back what comes. */
function echo(): Promise<ProcessStreams> {
  const { readable, writable } = new TransformStream();
  return Promise.resolve({
    stdin: writable,
    stdout: readable,
    stderr: new Blob([toBytes("")]).stream(),
    resize: () => Promise.resolve(),
    ended: Promise.resolve(7),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
}
