/** Whether files hold what TLS needs: PEM, RFC 7468. */

/** A file of PEM, and what is in it. */
export interface PemFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Checks a file of CAs. One that holds none would be passed over, and the
 * registry's certificate would come from an unknown authority.
 *
 * @throws {SyntaxError} If there is none, or one that is damaged; names the file.
 */
export function checkAuthorities({ path, text }: PemFile): void {
  if (!text.includes("-----BEGIN CERTIFICATE-----")) {
    throw unusable(path, "it has no certificate in PEM");
  }
  try {
    Deno.createHttpClient({ caCerts: [text] }).close();
  } catch (cause) {
    throw unusable(path, "a certificate in it is damaged", cause);
  }
}

/**
 * Checks a client certificate and its key.
 *
 * @throws {SyntaxError} If one is of no use, or they do not belong together.
 */
export function checkPair(cert: PemFile, key: PemFile): void {
  if (!cert.text.includes("-----BEGIN CERTIFICATE-----")) {
    throw unusable(cert.path, "it has no certificate in PEM");
  }
  if (/ENCRYPTED/.test(key.text)) {
    throw unusable(key.path, "it is encrypted; remove its passphrase");
  }
  if (!/-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/.test(key.text)) {
    throw unusable(key.path, "it has no private key in PEM");
  }
  try {
    Deno.createHttpClient({ cert: cert.text, key: key.text }).close();
  } catch (cause) {
    if (/key/i.test(String(cause)) && !/mismatch/i.test(String(cause))) {
      throw unusable(
        key.path,
        "its key is damaged, or of an unknown kind",
        cause,
      );
    }
    throw unusable(
      cert.path,
      /mismatch/i.test(String(cause))
        ? `it is not for the key in "${key.path}"`
        : "its certificate is damaged",
      cause,
    );
  }
}

function unusable(path: string, why: string, cause?: unknown): SyntaxError {
  return new SyntaxError(`Cannot use "${path}": ${why}`, { cause });
}
