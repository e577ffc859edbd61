/** A connection through a proxy: RFC 9110, 9.3.6, CONNECT. */

import type { Socket } from "node:net";
import type { Abortable } from "../../errors/abort.ts";
import { basicHeader } from "../auth/basic_header.ts";
import type { Proxy } from "./proxy_rules.ts";

// Proxies answer with a line and a few headers.
const MAX_HEAD = 16 * 1024;

/**
 * Opens a connection to a host through a proxy. Only for what fetch cannot do: it
 * asks proxies by itself.
 *
 * @param target `host:port`.
 * @throws {Error} If the proxy refuses, or is of a kind that fetch alone can ask.
 */
export async function openTunnel(
  { origin, login }: Proxy,
  target: string,
  { signal }: Abortable = {},
): Promise<Socket> {
  const { protocol, hostname, port } = new URL(origin);
  if (protocol !== "http:") {
    throw new Error(
      `a proxy with ${protocol}// cannot be asked for hosts whose certificate ` +
        "is not verified",
    );
  }
  // Loaded when it is needed: node's modules slow down every start.
  const { connect } = await import("node:net");
  const socket = connect(Number(port || 80), hostname.replace(/^\[|\]$/g, ""));
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const abort = () => reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  let head = "";
  const read = (bytes: Uint8Array) => {
    head += new TextDecoder("latin1").decode(bytes);
    if (head.includes("\r\n\r\n")) resolve(head);
    if (head.length > MAX_HEAD) reject(new Error("invalid HTTP of a proxy"));
  };
  socket.on("data", read);
  socket.once("error", reject);
  socket.once("close", () => reject(new Error("unsuccessful tunnel")));
  socket.once("connect", () => socket.write(requestFor(target, login)));
  try {
    checkAnswer(await promise);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    socket.off("data", read);
    socket.off("error", reject);
    signal?.removeEventListener("abort", abort);
  }
}

function requestFor(target: string, login: Proxy["login"]): string {
  const authorization = login === undefined
    ? ""
    : `Proxy-Authorization: ${basicHeader(login)}\r\n`;
  return `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization}\r\n`;
}

/** In the words that fetch has for it. */
function checkAnswer(head: string): void {
  const [, status = ""] = /^HTTP\/1\.[01] (\d{3})/.exec(head) ?? [];
  if (status === "407") throw new Error("proxy authentication required");
  if (!status.startsWith("2")) {
    throw new Error(
      `unsuccessful tunnel: the proxy says ${status || "nothing"}`,
    );
  }
}
