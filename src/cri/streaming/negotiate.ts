/** Chooses a protocol that client and server both support. */

import type { IncomingMessage } from "node:http";

/** What a client's header lists, best first. */
export function listProtocols(
  { headers }: IncomingMessage,
  header: "x-stream-protocol-version" | "sec-websocket-protocol",
): readonly string[] {
  const value = headers[header] ?? "";
  const text = typeof value === "string" ? value : value.join(",");
  return text.split(",").map((name) => name.trim()).filter((name) => name);
}

/** The first of the client's that is the server's, too. */
export function negotiate<T extends string>(
  wanted: readonly string[],
  known: readonly T[],
): T | undefined {
  for (const name of wanted) {
    const found = known.find((other) => other === name);
    if (found !== undefined) return found;
  }
  return undefined;
}
