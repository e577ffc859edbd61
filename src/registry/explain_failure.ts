/** Why a server could not be reached, in words that say what to do. */

import { messagesOf } from "./http_client.ts";

// What Deno (rustls, hyper) and node print, and what it means for people.
const EXPLANATIONS: readonly (readonly [RegExp, string])[] = [
  [
    /connection refused|ECONNREFUSED/i,
    "connection refused; is it running, and is this its port?",
  ],
  [
    /dns error|failed to lookup|ENOTFOUND|EAI_AGAIN/i,
    "host name not found; check its spelling and the DNS",
  ],
  [
    /InvalidContentType|wrong version number|packet length too long/i,
    "it does not speak TLS; for plain http use --tls-verify=false, or " +
    "insecure = true in registries.conf",
  ],
  [
    /UnknownIssuer|self[- ]signed|unable to (get|verify)/i,
    "its certificate comes from an unknown authority; put the CA as *.crt " +
    "into certs.d, or use --cert-dir",
  ],
  [
    /NotValidForName|ERR_TLS_CERT_ALTNAME|not valid for name/i,
    "its certificate is for another host name",
  ],
  [/certificate.*expired|Expired|CERT_HAS_EXPIRED/, "its certificate expired"],
  [
    /CertificateRequired|BadCertificate|broken pipe/i,
    "connection closed; does it ask for a client certificate (certs.d)?",
  ],
  [/network is unreachable|ENETUNREACH/i, "the network is unreachable"],
  [/no route to host|EHOSTUNREACH/i, "there is no route to it"],
  [/407|proxy/i, "the proxy refused; check HTTPS_PROXY and NO_PROXY"],
];
// Enough of an unknown message to look it up.
const MAX_SHOWN = 300;

/** Explains an error of fetch or of node:https. */
export function explainFailure(error: unknown): string {
  const message = messagesOf(error);
  const known = EXPLANATIONS.find(([pattern]) => pattern.test(message));
  if (known !== undefined) return known[1];
  // The URL may carry secrets, and the caller names the host anyway.
  const shown = message.replace(/(for url )?\(?https?:\/\/[^\s)]*\)?:?/g, "")
    .trim();
  return cleanText(shown, MAX_SHOWN);
}

/** Whether a failure is one of TLS or of names: trying again is no use. */
export function isLasting(error: unknown): boolean {
  return /certificate|InvalidContentType|wrong version number|dns error|ENOTFOUND|tls|ssl/i
    .test(messagesOf(error));
}

/** Makes a stranger's text one short line without control characters. */
export function cleanText(text: string, maxLength: number): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line;
}
