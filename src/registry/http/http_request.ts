/** Requests and TLS settings. */

import type { Abortable } from "../../errors/abort.ts";
import type { Bytes } from "../../formats/bytes.ts";

/** How server and client are authenticated. */
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
  /** A form, bytes, or a function that opens a stream. */
  readonly body?: string | Bytes | (() => ReadableStream<Bytes>);
}

/** Whether a body is a stream. */
export function isMade(
  body: HttpRequest["body"],
): body is () => ReadableStream<Bytes> {
  return typeof body === "function";
}
