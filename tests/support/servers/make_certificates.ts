/** Certificates for tests, by openssl. */

import { tempDir } from "../temp_dir.ts";

/** A certificate and its key; PEM. */
export type CertifiedKey = Pick<Deno.TlsCertifiedKeyPem, "cert" | "key">;

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
const REQUEST = ["req", "-x509", "-nodes", "-days", "2", ...NEW_KEY];

/**
 * Makes a CA, `ca.crt` and `ca-key.pem`, and a certificate for this machine that is
 * no CA itself, `server.pem` and `server-key.pem`.
 */
export async function makeCertificates(folder: string): Promise<void> {
  await makeAuthority(folder);
  await openssl(
    ...REQUEST,
    ...["-subj", "/CN=test"],
    ...["-addext", "subjectAltName=IP:127.0.0.1,DNS:registry.test"],
    ...["-addext", "basicConstraints=critical,CA:FALSE"],
    ...["-CA", `${folder}/ca.crt`, "-CAkey", `${folder}/ca-key.pem`],
    ...["-keyout", `${folder}/server-key.pem`, "-out", `${folder}/server.pem`],
  );
}

/** Makes a CA alone: `ca.crt` and `ca-key.pem`. */
export async function makeAuthority(folder: string): Promise<void> {
  await openssl(
    ...REQUEST,
    ...["-subj", "/CN=test CA"],
    ...["-keyout", `${folder}/ca-key.pem`, "-out", `${folder}/ca.crt`],
  );
}

/** Makes a client's certificate: `<path>.cert` and `<path>.key`. */
export async function makeClientCertificate(
  path: string,
  { authority }: { readonly authority: string },
): Promise<void> {
  await openssl(
    ...REQUEST,
    ...["-subj", "/CN=client", "-addext", "extendedKeyUsage=clientAuth"],
    ...["-addext", "basicConstraints=critical,CA:FALSE"],
    ...["-CA", `${authority}/ca.crt`, "-CAkey", `${authority}/ca-key.pem`],
    ...["-keyout", `${path}.key`, "-out", `${path}.cert`],
  );
}

/** Makes a certificate for 127.0.0.1, signed by itself. */
export async function makeSelfSigned(): Promise<CertifiedKey> {
  using dir = tempDir();
  const [key, cert] = [dir.join("key.pem"), dir.join("cert.pem")];
  await openssl(
    ...REQUEST,
    ...["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"],
    ...["-keyout", key, "-out", cert],
  );
  return {
    key: await Deno.readTextFile(key),
    cert: await Deno.readTextFile(cert),
  };
}

async function openssl(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args })
    .output();
  if (success) return;
  throw new Error(`openssl ${args[0]}: ${new TextDecoder().decode(stderr)}`);
}
