/** TLS settings of a registry: containers-certs.d(5). */

import { isErrno } from "../../fs/errno.ts";
import { type ChosenBy, readSettings } from "../../fs/read_settings.ts";
import type { TlsSettings } from "../http/http_request.ts";
import {
  checkAuthorities,
  checkPair,
  type PemFile,
} from "./check_certificates.ts";
import { type ConfigEnvironment, configPaths } from "./config_paths.ts";
import { listIfPresent } from "./read_config.ts";

/** Options of {@linkcode loadCertificates}. */
export interface LoadCertificatesOptions extends ConfigEnvironment {
  /** The one folder to look into. */
  readonly certDir?: string | undefined;
}

/** What a host's folder has. */
export interface Certificates {
  /** Undefined if there is no folder for the host. */
  readonly folder: string | undefined;
  /** The files of CAs. */
  readonly authorities: readonly string[];
  /** The file of the client certificate, beside its key. */
  readonly client: string | undefined;
  readonly tls: TlsSettings;
}

/**
 * Reads the trusted CAs and the client certificate.
 *
 * @param host With its port, as the reference has it.
 * @throws As {@linkcode findCertificates} does.
 */
export async function loadCertificates(
  host: string,
  options: LoadCertificatesOptions = {},
): Promise<TlsSettings> {
  return (await findCertificates(host, options)).tls;
}

/**
 * Reads what {@linkcode loadCertificates} does, and says where it is: the first
 * folder for a host counts. The first of several client certificates is used.
 *
 * @throws {SyntaxError} If a file is damaged, or a client certificate and its key
 *   are not both there; names the file.
 * @throws {Error} If a file cannot be read, or others can change it.
 */
export async function findCertificates(
  host: string,
  options: LoadCertificatesOptions = {},
): Promise<Certificates> {
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
  return { folder: undefined, authorities: [], client: undefined, tls: {} };
}

/** A folder of certificates, and what is in it. */
interface CertificateFolder {
  readonly folder: string;
  readonly names: readonly string[];
  readonly chosenBy: ChosenBy;
}

async function readFolder(folder: CertificateFolder): Promise<Certificates> {
  const authorities: PemFile[] = [];
  for (const name of folder.names.filter((name) => name.endsWith(".crt"))) {
    const file = await readFile(name, folder);
    if (file === undefined) continue; // it went since it was listed
    checkAuthorities(file);
    authorities.push(file);
  }
  const pair = await readPair(folder);
  return {
    folder: folder.folder,
    authorities: authorities.map(({ path }) => path),
    client: pair[0]?.path,
    tls: {
      ...(authorities.length > 0 && {
        caCerts: authorities.map(({ text }) => text),
      }),
      ...clientCertificate(pair),
    },
  };
}

function clientCertificate(
  [cert, key]: readonly PemFile[],
): Pick<TlsSettings, "clientCertificate"> {
  if (cert === undefined || key === undefined) return {};
  return { clientCertificate: { cert: cert.text, key: key.text } };
}

/** A client certificate and its key, which have one name; none, or both. */
async function readPair(
  folder: CertificateFolder,
): Promise<readonly PemFile[]> {
  const pairs: (readonly PemFile[])[] = [];
  for (const stem of stemsOf(folder.names)) {
    const cert = await readFile(`${stem}.cert`, folder);
    const key = await readFile(`${stem}.key`, folder);
    if (cert === undefined || key === undefined) {
      throw halfPair(folder.folder, {
        there: cert === undefined ? `${stem}.key` : `${stem}.cert`,
        missing: cert === undefined ? `${stem}.cert` : `${stem}.key`,
      });
    }
    checkPair(cert, key);
    pairs.push([cert, key]);
  }
  return pairs[0] ?? [];
}

function stemsOf(names: readonly string[]): ReadonlySet<string> {
  return new Set(
    names.filter((name) => /\.(cert|key)$/.test(name))
      .map((name) => name.slice(0, name.lastIndexOf("."))),
  );
}

/** A missing half of a pair: the extensions are often confused. */
function halfPair(
  folder: string,
  { there, missing }: { readonly there: string; readonly missing: string },
): SyntaxError {
  const hint = there.endsWith(".cert") ? "; a CA's file is to end in .crt" : "";
  return new SyntaxError(
    `Cannot use "${folder}/${there}": ${missing} is missing beside it${hint}`,
  );
}

async function readFile(
  name: string,
  { folder, chosenBy }: CertificateFolder,
): Promise<PemFile | undefined> {
  const path = `${folder}/${name}`;
  try {
    return { path, text: await readSettings(path, chosenBy) };
  } catch (error) {
    const isMissing = error instanceof Error && isErrno(error.cause, "ENOENT");
    if (isMissing) return undefined;
    throw error;
  }
}
