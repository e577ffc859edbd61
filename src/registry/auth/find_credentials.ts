/** Finds a user's credentials: containers-auth.json(5). */

import type { Abortable } from "../../errors/abort.ts";
import { messageOf } from "../../errors/why.ts";
import {
  type AuthFile,
  type Credentials,
  credentialsFor,
  hostOf,
  parseAuthFile,
  registryOf,
} from "../../formats/config/auth_file.ts";
import { AUTH_FILES } from "../../formats/config/registries_conf.ts";
import { type Reference, repositoryOf } from "../../formats/oci/reference.ts";
import { type ConfigEnvironment, configPaths } from "../config/config_paths.ts";
import { loadRegistriesConf } from "../config/load_registries_conf.ts";
import { readIfPresent } from "../config/read_config.ts";
import { openHelper } from "./credential_helper.ts";

/** Options of {@linkcode findCredentials}. */
export interface FindCredentialsOptions extends Abortable, ConfigEnvironment {
  /**
   * The one file to look into.
   *
   * @default {all that a user may have}
   */
  readonly authFile?: string | undefined;
  /**
   * Whether a named file may be missing: it may if it is to be written.
   *
   * @default {an error}
   */
  readonly missingFile?: "fine" | undefined;
  /**
   * The helpers, if registries.conf has been read already.
   *
   * @default {as registries.conf says}
   */
  readonly credentialHelpers?: readonly string[] | undefined;
  /**
   * The registries.conf to use in place of the host's.
   *
   * @default {the host's and the user's}
   */
  readonly registriesConf?: string | undefined;
  /**
   * Receives warnings about unusable sources.
   *
   * @default {none}
   */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Credentials, and where they are from. */
export interface FoundCredentials {
  /** The credentials. */
  readonly credentials: Credentials;
  /** For people, such as `"quay.io/team" in "/run/containers/0/auth.json"`. */
  readonly source: string;
}

/**
 * Looks for the credentials of a repository.
 *
 * @throws {DamagedFileError} If a file is malformed; names it.
 * @throws {CommandError} If a helper fails, and no other source has any.
 */
export async function findCredentials(
  reference: Reference,
  options: FindCredentialsOptions = {},
): Promise<Credentials | undefined> {
  const name = repositoryOf(reference);
  return (await lookUpCredentials(name, options))?.credentials;
}

/**
 * Looks for credentials as {@linkcode findCredentials} does, and says where they
 * are: asks in turn those that registries.conf names, which are the files alone
 * if it names none.
 *
 * @param name Such as `quay.io/team/app`, or `quay.io`.
 */
export async function lookUpCredentials(
  name: string,
  options: FindCredentialsOptions = {},
): Promise<FoundCredentials | undefined> {
  const errors: unknown[] = [];
  for (const helper of await readHelpers(options)) {
    options.signal?.throwIfAborted();
    try {
      const found = helper === AUTH_FILES
        ? await lookInFiles(name, options)
        : await askHelper(helper, registryOf(name), options);
      if (found !== undefined) return found;
    } catch (error) {
      options.signal?.throwIfAborted();
      errors.push(error);
    }
  }
  // As containers/image: one that fails does not keep others from answering.
  if (errors.length > 0) throw errors[0];
  return undefined;
}

/** Who is asked for credentials, in this order. */
export async function readHelpers(
  options: FindCredentialsOptions,
): Promise<readonly string[]> {
  const { credentialHelpers } = options.credentialHelpers === undefined
    ? await loadRegistriesConf(options)
    : options;
  const isNamed = credentialHelpers !== undefined &&
    credentialHelpers.length > 0;
  return isNamed ? credentialHelpers : [AUTH_FILES];
}

/**
 * Reads the credential files that are there, in the order of their use.
 *
 * @throws {DamagedFileError} If one is malformed, once it is its turn.
 */
export async function* readAuthFiles(
  options: FindCredentialsOptions,
): AsyncIterable<AuthFile> {
  const named = options.authFile ?? options.env?.["REGISTRY_AUTH_FILE"];
  const paths = options.authFile === undefined
    ? configPaths(options).auth
    : [options.authFile];
  const chosenBy = options.authFile === undefined ? "orlop" : "user";
  for (const path of paths) {
    const text = await readIfPresent(path, chosenBy);
    if (text !== undefined) yield parseAuthFile(text, path);
    else if (named && options.missingFile === undefined) {
      throw new Error(`Cannot read credential file "${path}": no such file`);
    }
  }
}

async function lookInFiles(
  name: string,
  options: FindCredentialsOptions,
): Promise<FoundCredentials | undefined> {
  for await (const file of readAuthFiles(options)) {
    const found = await lookInFile(file, name, options);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function lookInFile(
  file: AuthFile,
  name: string,
  options: FindCredentialsOptions,
): Promise<FoundCredentials | undefined> {
  const host = registryOf(name);
  const helper = file.credHelpers.get(host);
  if (helper) return await askHelper(helper, host, options);
  const entry = credentialsFor(file, name);
  if (entry !== undefined) {
    const source = `"${entry.key}" in "${file.path}"`;
    return { source, credentials: entry.credentials };
  }
  if (!file.credsStore) return undefined;
  return await askStore(file, { ...options, store: file.credsStore, host });
}

/** A helper that cannot be run counts as absent: podman ignores it, too. */
async function askStore(
  { path }: AuthFile,
  { store, host, ...options }: FindCredentialsOptions & {
    readonly store: string;
    readonly host: string;
  },
): Promise<FoundCredentials | undefined> {
  try {
    return await askHelper(store, serverOf(host), options);
  } catch (error) {
    options.signal?.throwIfAborted();
    options.onWarning?.(
      `credsStore of "${path}" is not used: ${messageOf(error)}`,
    );
    return undefined;
  }
}

async function askHelper(
  name: string,
  server: string,
  options: FindCredentialsOptions,
): Promise<FoundCredentials | undefined> {
  const credentials = await openHelper(name, options).get(server);
  if (credentials === undefined) return undefined;
  return { credentials, source: `credential helper "${name}"` };
}

/** The key of a registry in docker's credential stores. */
export function serverOf(host: string): string {
  return hostOf(host) === "docker.io" ? "https://index.docker.io/v1/" : host;
}
