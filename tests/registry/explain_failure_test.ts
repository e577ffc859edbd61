import { assertEquals } from "@std/assert";
import {
  cleanText,
  explainFailure,
  isCertificateProblem,
  isLasting,
} from "../../src/registry/explain_failure.ts";
import { ProxiedError } from "../../src/registry/proxy/proxied_error.ts";

// What Deno, Node or a proxy says, the explanation, and what can be done.
const CASES: readonly (readonly [string, string, string?])[] = [
  [
    'Requires net access to "q.io:443", run again with the --allow-net flag',
    "no permission to connect to it",
  ],
  [
    "client error (Connect): proxy authentication required",
    "the proxy wants another login",
    "write it into the variable: http://USER:PASSWORD@HOST:PORT",
  ],
  [
    "client error (Connect): unsuccessful tunnel",
    "the proxy does not connect to it",
    "NO_PROXY may list what needs no proxy",
  ],
  [
    "tcp connect error: Connection refused (os error 111)",
    "connection refused",
    "is it running, and is this its port?",
  ],
  [
    "connect ECONNREFUSED 127.0.0.1:1",
    "connection refused",
    "is it running, and is this its port?",
  ],
  [
    "dns error: failed to lookup address information: Name or service not known",
    "host name not found",
    "check its spelling and the DNS",
  ],
  [
    "getaddrinfo ENOTFOUND q.io",
    "host name not found",
    "check its spelling and the DNS",
  ],
  [
    "getaddrinfo EAI_AGAIN q.io",
    "host name not found",
    "check its spelling and the DNS",
  ],
  [
    "received corrupt message of type InvalidContentType",
    "it does not speak TLS",
    "for plain http use --tls-verify=false, or insecure = true in " +
    "registries.conf",
  ],
  [
    "error:0A00010B:SSL routines::wrong version number",
    "it does not speak TLS",
    "for plain http use --tls-verify=false, or insecure = true in " +
    "registries.conf",
  ],
  [
    "invalid peer certificate: UnknownIssuer",
    "its certificate comes from an unknown authority",
    "put the CA as *.crt into certs.d, or use --cert-dir",
  ],
  [
    "unable to verify the first certificate",
    "its certificate comes from an unknown authority",
    "put the CA as *.crt into certs.d, or use --cert-dir",
  ],
  [
    "self-signed certificate in certificate chain",
    "its certificate comes from an unknown authority",
    "put the CA as *.crt into certs.d, or use --cert-dir",
  ],
  [
    "invalid peer certificate: NotValidForName",
    "its certificate is for another host name",
  ],
  [
    'invalid peer certificate: certificate not valid for name "q.io"',
    "its certificate is for another host name",
  ],
  [
    "invalid peer certificate: Expired",
    "its certificate expired",
  ],
  [
    "invalid peer certificate: certificate expired: verification time 1",
    "its certificate expired",
  ],
  [
    "received fatal alert: CertificateRequired",
    "connection closed",
    "does it ask for a client certificate (certs.d)?",
  ],
  [
    "stream error: Broken pipe (os error 32)",
    "connection closed",
    "does it ask for a client certificate (certs.d)?",
  ],
  ["read ECONNRESET", "it reset the connection"],
  ["socket hang up", "it reset the connection"],
  ["tls handshake eof", "it closed the connection without an answer"],
  [
    "connection closed before message completed",
    "it closed the connection without an answer",
  ],
  ["error reading a body from connection", "the connection broke"],
  ["aborted", "the connection broke"],
  ["message head is too large", "its answer has too many headers"],
  [
    "Parse Error: HPE_HEADER_OVERFLOW",
    "its answer has too many headers",
  ],
  [
    "invalid content-length parsed",
    "its answer has no sensible Content-Length",
  ],
  ["invalid HTTP version parsed", "it does not speak HTTP"],
  ["Parse Error: HPE_INVALID_CONSTANT", "it does not speak HTTP"],
  [
    "tcp connect error: Network is unreachable (os error 101)",
    "the network is unreachable",
  ],
  [
    "connect EHOSTUNREACH 10.0.0.1:443",
    "there is no route to it",
  ],
  ["connect ETIMEDOUT 10.0.0.1:443", "it does not answer"],
  ["operation timed out", "it does not answer"],
];

Deno.test("explainFailure() knows what goes wrong, and what can be done", async (t) => {
  for (const [message, why, advice] of CASES) {
    await t.step(message, () => {
      const cause = new Error(message);
      const error = new TypeError("error sending request", { cause });
      const all = advice === undefined ? why : `${why}; ${advice}`;
      assertEquals(explainFailure(error), all);
      assertEquals(explainFailure(error, { advice: "none" }), why);
    });
  }
});

Deno.test("explainFailure() shows what it does not know, without addresses", async (t) => {
  const cases: readonly (readonly [unknown, string])[] = [
    ["odd", "odd"],
    [new Error("odd\n  thing\u001b[0m"), "odd thing [0m"],
    [
      new TypeError(
        "error sending request for url (https://q.io/v2/?token=secret): odd",
      ),
      "odd",
    ],
    [
      new TypeError(
        "error sending request from 10.0.0.1:5 for https://q.io/x (10.0.0.2:443)",
        {
          cause: new Error("client error (SendRequest): odd (os error 99)"),
        },
      ),
      "odd",
    ],
    [new Error("x".repeat(400)), `${"x".repeat(300)}…`],
    [new Error("x".repeat(300)), "x".repeat(300)],
  ];
  for (const [error, shown] of cases) {
    await t.step(shown.slice(0, 20), () => {
      assertEquals(explainFailure(error), shown);
    });
  }
});

Deno.test("explainFailure() names the proxy that it was", () => {
  const proxy = { origin: "http://proxy.lan:3128", variable: "HTTPS_PROXY" };
  const refused = new Error("connect ECONNREFUSED 10.0.0.1:3128");
  const error = new ProxiedError(proxy, refused);
  assertEquals(error.name, "ProxiedError");
  assertEquals(
    error.message,
    'Cannot send a request by proxy "http://proxy.lan:3128"',
  );
  const by = 'by proxy "http://proxy.lan:3128" of HTTPS_PROXY: ';
  assertEquals(
    explainFailure(error, { advice: "none" }),
    `${by}connection refused`,
  );
  assertEquals(
    explainFailure(error),
    `${by}connection refused; is it running, and is this its port?`,
  );
});

Deno.test("failures of TLS, names and rights last; others pass", async (t) => {
  // A message, whether it is about a certificate, whether it lasts.
  const cases: readonly (readonly [string, boolean, boolean])[] = [
    ["invalid peer certificate: UnknownIssuer", true, true],
    ["NotValidForName", true, false],
    ["UnknownIssuer", true, false],
    ["self-signed", true, false],
    ["CERTIFICATE expired", true, true],
    ["InvalidContentType", false, true],
    ["wrong version number", false, true],
    ["dns error: no such host", false, true],
    ["getaddrinfo ENOTFOUND q.io", false, true],
    ["tls handshake eof", false, true],
    ["SSL routines", false, true],
    ["Requires net access to q.io", false, true],
    ["proxy authentication required", false, true],
    ["connection refused", false, false],
    ["operation timed out", false, false],
    ["connection reset by peer", false, false],
  ];
  for (const [message, isOfCertificate, lasts] of cases) {
    await t.step(message, () => {
      const error = new Error("fetch failed", { cause: new Error(message) });
      assertEquals(isCertificateProblem(error), isOfCertificate);
      assertEquals(isLasting(error), lasts);
    });
  }
});

Deno.test("cleanText() makes one short line of a stranger's text", async (t) => {
  const cases: readonly (readonly [string, number, string])[] = [
    ["plain", 10, "plain"],
    ["", 10, ""],
    [" a\t\r\n b ", 10, "a b"],
    ["a\u001b[31mb", 10, "a [31mb"],
    ["a\u202eb\u2028c\u2029d\u200be", 20, "a b c d e"],
    ["12345", 5, "12345"],
    ["123456", 5, "12345…"],
  ];
  for (const [text, maxLength, line] of cases) {
    await t.step(JSON.stringify(text), () => {
      assertEquals(cleanText(text, maxLength), line);
    });
  }
});
