/** Connections of clients that ask the streaming server for another protocol. */

import {
  type Bytes,
  concatBytes,
  toBytes,
  toText,
} from "../../../src/formats/bytes.ts";

/** A connection behind its upgrade. */
export interface Upgraded {
  readonly connection: Deno.TcpConn;
  /** The answer, without its body. */
  readonly answer: string;
  /** What has come behind it already. */
  readonly rest: Bytes;
}

/** Connects to a URL, and sends the head of a request: a line each. */
export async function askForUpgrade(
  url: string,
  { method, headers }: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
  },
): Promise<Upgraded> {
  const { port, pathname } = new URL(url);
  const connection = await Deno.connect({
    hostname: "127.0.0.1",
    port: Number(port),
  });
  const lines = Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${method} ${pathname} HTTP/1.1\r\n${lines.join("")}\r\n`;
  await writeAll(connection, toBytes(head));
  return { connection, ...await readAnswer(connection) };
}

/** Writes all of it, however little is taken at once. */
export async function writeAll(
  connection: Deno.TcpConn,
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) {
    at += await connection.write(bytes.subarray(at));
  }
}

async function readAnswer(
  connection: Deno.TcpConn,
): Promise<Pick<Upgraded, "answer" | "rest">> {
  let bytes: Bytes = new Uint8Array(0);
  // Small: what comes behind the answer is for those who read the connection.
  const buffer = new Uint8Array(4096);
  for (;;) {
    const end = toText(bytes).indexOf("\r\n\r\n");
    if (end >= 0) {
      return {
        answer: toText(bytes.subarray(0, end)),
        rest: bytes.slice(end + 4),
      };
    }
    const count = await connection.read(buffer);
    if (count === null) {
      return { answer: toText(bytes), rest: new Uint8Array(0) };
    }
    bytes = concatBytes([bytes, buffer.subarray(0, count)]);
  }
}
