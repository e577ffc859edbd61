/** TLS settings of a registry: containers-certs.d(5). */

import { configPaths, type Surroundings } from "./config_paths.ts";
import type { TlsSettings } from "./http_client.ts";
import { listIfPresent, readIfPresent } from "./read_config.ts";

/** Options of {@linkcode loadCertificates}. */
export interface LoadCertificatesOptions extends Surroundings {
  /** The one folder to look into. */
  readonly certDir?: string | undefined;
}

/**
 * Reads the CAs to trust and the client certificate to show.
 *
 * @param host With its port, as the reference has it.
 * @throws {Error} If a client certificate lacks its key, or the reverse.
 */
export async function loadCertificates(
  host: string,
  options: LoadCertificatesOptions = {},
): Promise<TlsSettings> {
  const { certDir } = options;
  const folders = certDir === undefined
    ? configPaths(options).certs.map((folder) => `${folder}/${host}`)
    : [certDir];
  for (const folder of folders) {
    const names = await listIfPresent(folder);
    if (names !== undefined) return await readFolder(folder, names);
  }
  return {};
}

async function readFolder(
  folder: string,
  names: readonly string[],
): Promise<TlsSettings> {
  const caCerts: string[] = [];
  for (const name of names.filter((name) => name.endsWith(".crt"))) {
    caCerts.push(await Deno.readTextFile(`${folder}/${name}`));
  }
  const clientCertificate = await readPair(folder, names);
  return {
    ...(caCerts.length === 0 ? {} : { caCerts }),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
  };
}

async function readPair(
  folder: string,
  names: readonly string[],
): Promise<TlsSettings["clientCertificate"]> {
  const stems = new Set(
    names.filter((name) => /\.(cert|key)$/.test(name))
      .map((name) => name.slice(0, name.lastIndexOf("."))),
  );
  for (const stem of stems) {
    const cert = await readIfPresent(`${folder}/${stem}.cert`);
    const key = await readIfPresent(`${folder}/${stem}.key`);
    if (cert !== undefined && key !== undefined) return { cert, key };
    const missing = cert === undefined ? "cert" : "key";
    throw new Error(
      `Cannot use certificates in "${folder}": ${stem}.${missing} is missing`,
    );
  }
  return undefined;
}
