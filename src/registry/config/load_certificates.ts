/** TLS settings of a registry: containers-certs.d(5). */

import { type ChosenBy, readSettings } from "../../fs/read_settings.ts";
import type { TlsSettings } from "../http_client.ts";
import { configPaths, type Surroundings } from "./config_paths.ts";
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
  const chosenBy = certDir === undefined ? "orlop" : "user";
  const folders = certDir === undefined
    ? configPaths(options).certs.map((folder) => `${folder}/${host}`)
    : [certDir];
  for (const folder of folders) {
    const names = await listIfPresent(folder);
    if (names !== undefined) {
      return await readFolder({ folder, names, chosenBy });
    }
  }
  return {};
}

/** A folder of certificates, and what is in it. */
interface CertificateFolder {
  readonly folder: string;
  readonly names: readonly string[];
  readonly chosenBy: ChosenBy;
}

async function readFolder(
  certificates: CertificateFolder,
): Promise<TlsSettings> {
  const { folder, names, chosenBy } = certificates;
  const caCerts: string[] = [];
  for (const name of names.filter((name) => name.endsWith(".crt"))) {
    caCerts.push(await readSettings(`${folder}/${name}`, chosenBy));
  }
  const clientCertificate = await readPair(certificates);
  return {
    ...(caCerts.length === 0 ? {} : { caCerts }),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
  };
}

async function readPair(
  { folder, names, chosenBy }: CertificateFolder,
): Promise<TlsSettings["clientCertificate"]> {
  const stems = new Set(
    names.filter((name) => /\.(cert|key)$/.test(name))
      .map((name) => name.slice(0, name.lastIndexOf("."))),
  );
  for (const stem of stems) {
    const cert = await readIfPresent(`${folder}/${stem}.cert`, chosenBy);
    const key = await readIfPresent(`${folder}/${stem}.key`, chosenBy);
    if (cert !== undefined && key !== undefined) return { cert, key };
    const missing = cert === undefined ? "cert" : "key";
    throw new Error(
      `Cannot use certificates in "${folder}": ${stem}.${missing} is missing`,
    );
  }
  return undefined;
}
