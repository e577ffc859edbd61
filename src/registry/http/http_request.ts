/** What is sent to servers, and how these prove themselves. */

import type { Abortable } from "../../errors/abort.ts";
import type { Bytes } from "../../formats/bytes.ts";

/** How a server proves itself to us, and we to it. */
export interface TlsSettings {
  /** PEM certificates to trust beside the system's. */
  readonly caCerts?: readonly string[];
  /** PEM client certificate and key. */
  readonly clientCertificate?: { readonly cert: string; readonly key: string };
  /** Whether TLS certificates are not checked. */
  readonly insecure?: boolean;
}

/** Options of {@linkcode HttpClient.send}. */
export interface HttpRequest extends Abortable {
  /** `GET` is the default. */
  readonly method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  /** A form, bytes, or what opens a body that is sent while it is made. */
  readonly body?: string | Bytes | (() => ReadableStream<Bytes>);
}

/** Whether a body is made while it is sent. */
export function isMade(
  body: HttpRequest["body"],
): body is () => ReadableStream<Bytes> {
  return typeof body === "function";
}
