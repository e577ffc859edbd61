/** Explains why a server could not be reached, with advice. */

import { messagesOf } from "./http_client.ts";
import { ProxiedError } from "./proxy/proxied_error.ts";

/** An explanation and advice. */
interface Explanation {
  readonly why: string;
  readonly advice?: string;
}

// What Deno (rustls, hyper) and node print.
const EXPLANATIONS: readonly (readonly [RegExp, Explanation])[] = [
  [/Requires net access/i, { why: "no permission to connect to it" }],
  [
    /proxy authentication required/i,
    {
      why: "the proxy wants another login",
      advice: "write it into the variable: http://USER:PASSWORD@HOST:PORT",
    },
  ],
  [
    /unsuccessful tunnel/i,
    {
      why: "the proxy does not connect to it",
      advice: "NO_PROXY may list what needs no proxy",
    },
  ],
  [
    /connection refused|ECONNREFUSED/i,
    {
      why: "connection refused",
      advice: "is it running, and is this its port?",
    },
  ],
  [
    /dns error|failed to lookup|ENOTFOUND|EAI_AGAIN/i,
    {
      why: "host name not found",
      advice: "check its spelling and the DNS",
    },
  ],
  [
    /InvalidContentType|wrong version number|packet length too long/i,
    {
      why: "it does not speak TLS",
      advice: "for plain http use --tls-verify=false, or insecure = true in " +
        "registries.conf",
    },
  ],
  [
    /UnknownIssuer|self[- ]signed|unable to (get|verify)/i,
    {
      why: "its certificate comes from an unknown authority",
      advice: "put the CA as *.crt into certs.d, or use --cert-dir",
    },
  ],
  [
    /NotValidForName|ERR_TLS_CERT_ALTNAME|not valid for name/i,
    { why: "its certificate is for another host name" },
  ],
  [
    /certificate.*expired|Expired|CERT_HAS_EXPIRED/,
    { why: "its certificate expired" },
  ],
  [
    /CertificateRequired|BadCertificate|broken pipe|EPIPE/i,
    {
      why: "connection closed",
      advice: "does it ask for a client certificate (certs.d)?",
    },
  ],
  [
    /connection reset|ECONNRESET|socket hang up/i,
    { why: "it reset the connection" },
  ],
  [
    /handshake eof|before secure TLS|unexpected eof|connection closed before/i,
    { why: "it closed the connection without an answer" },
  ],
  [
    /reading a body|\baborted$/i,
    { why: "the connection broke" },
  ],
  [
    /head is too large|HPE_HEADER_OVERFLOW/i,
    { why: "its answer has too many headers" },
  ],
  [
    /content-length/i,
    { why: "its answer has no sensible Content-Length" },
  ],
  [
    /invalid HTTP|HPE_|http1 error|parse error/i,
    { why: "it does not speak HTTP" },
  ],
  [/network is unreachable|ENETUNREACH/i, {
    why: "the network is unreachable",
  }],
  [/no route to host|EHOSTUNREACH/i, { why: "there is no route to it" }],
  [/timed out|ETIMEDOUT/i, { why: "it does not answer" }],
];
// Enough of an unknown message to look it up.
const MAX_SHOWN = 300;
// What Deno's fetch puts around every reason.
const FETCH_WORDS =
  /fetch failed:? ?|error sending request:? ?|from \S+ (?=for )|for +\(\S+\): ?|client error \(\w+\):? ?|\(os error \d+\)/g;

/**
 * Explains an error of fetch or of node:https.
 *
 * @param options Whether to say what can be done, unless that was done already.
 */
export function explainFailure(
  error: unknown,
  { advice = "give" }: { readonly advice?: "give" | "none" } = {},
): string {
  if (error instanceof ProxiedError) {
    const { origin, variable } = error.proxy;
    const why = explainFailure(error.cause, { advice });
    return `by proxy "${origin}" of ${variable}: ${why}`;
  }
  const message = messagesOf(error);
  const [, known] = EXPLANATIONS.find(([pattern]) => pattern.test(message)) ??
    [];
  if (known !== undefined) {
    const hasAdvice = advice === "give" && known.advice !== undefined;
    return hasAdvice ? `${known.why}; ${known.advice}` : known.why;
  }
  // The URL may carry secrets, and the caller names the host anyway.
  const shown = message.replace(/(for url )?\(?https?:\/\/[^\s)]*\)?:?/g, "")
    .replace(FETCH_WORDS, "").trim();
  return cleanText(shown, MAX_SHOWN);
}

/** Whether a server has a certificate, but not one that is trusted. */
export function isCertificateProblem(error: unknown): boolean {
  return /certificate|UnknownIssuer|NotValidForName|self[- ]signed/i
    .test(messagesOf(error));
}

/**
 * Whether a failure is permanent (TLS, names, permissions), so that a retry is
 * useless.
 */
export function isLasting(error: unknown): boolean {
  return /certificate|InvalidContentType|wrong version number|dns error|ENOTFOUND|tls|ssl|Requires net access|proxy authentication/i
    .test(messagesOf(error));
}

/** Makes untrusted text one short line without control characters. */
export function cleanText(text: string, maxLength: number): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line;
}
