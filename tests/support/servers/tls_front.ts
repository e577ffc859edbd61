/** nginx in front of a registry: TLS, and whom it lets in. */

import { type TempDir, tempDir } from "../temp_dir.ts";
import { makeAuthority, makeCertificates } from "./make_certificates.ts";
import { freePort, waitForPort } from "./registry_server.ts";

/** A running nginx. */
export interface TlsFront extends AsyncDisposable {
  /** Such as `127.0.0.1:40123`. */
  readonly host: string;
  /** The folder with the CA of its own certificate as `ca.crt`. */
  readonly certDir: string;
  /** The folder with the CA of those that may come in. */
  readonly clients: string;
}

/** Starts nginx that asks for client certificates, and hands on what is allowed. */
export async function startTlsFront(behind: string): Promise<TlsFront> {
  const dir = tempDir();
  for (const name of ["certs", "clients"]) await Deno.mkdir(dir.join(name));
  await makeCertificates(dir.join("certs"));
  await makeAuthority(dir.join("clients"));
  const port = freePort();
  await Deno.writeTextFile(
    dir.join("nginx.conf"),
    configText(dir, { port, behind }),
  );
  const child = new Deno.Command("nginx", {
    args: ["-p", dir.path, "-c", dir.join("nginx.conf"), "-e", dir.join("log")],
    ...{ stdin: "null", stdout: "null", stderr: "null" },
  }).spawn();
  await waitForPort(port);
  return {
    host: `127.0.0.1:${port}`,
    certDir: dir.join("certs"),
    clients: dir.join("clients"),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
      dir[Symbol.dispose]();
    },
  };
}

function configText(
  dir: TempDir,
  { port, behind }: { readonly port: number; readonly behind: string },
): string {
  return `daemon off; master_process off; pid ${dir.join("pid")};
events {}
http {
  access_log off; client_max_body_size 0;
  client_body_temp_path ${dir.join("body")}; proxy_temp_path ${
    dir.join("proxy")
  };
  fastcgi_temp_path ${dir.join("fcgi")}; uwsgi_temp_path ${dir.join("uwsgi")};
  scgi_temp_path ${dir.join("scgi")};
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${dir.join("certs/server.pem")};
    ssl_certificate_key ${dir.join("certs/server-key.pem")};
    ssl_client_certificate ${dir.join("clients/ca.crt")};
    ssl_verify_client on;
    location / {
      proxy_pass http://${behind};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Proto https;
    }
  }
}
`;
}
