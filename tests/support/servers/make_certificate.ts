/** Certificates for servers that tests run. */

import { tempDir } from "../temp_dir.ts";
import { run } from "./registry_server.ts";
import type { ServerCertificate } from "./scripted_server.ts";

/** Makes one for 127.0.0.1, signed by itself; it needs openssl. */
export async function makeCertificate(): Promise<ServerCertificate> {
  using dir = tempDir();
  const [key, cert] = [dir.join("key.pem"), dir.join("cert.pem")];
  await run(
    "openssl",
    ...["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"],
    ...["-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=test"],
    ...["-addext", "subjectAltName=IP:127.0.0.1"],
    ...["-keyout", key, "-out", cert],
  );
  return {
    key: await Deno.readTextFile(key),
    cert: await Deno.readTextFile(cert),
  };
}
