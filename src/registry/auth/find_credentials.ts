/** Finds a user's credentials: containers-auth.json(5). */

import {
  type AuthFile,
  type Credentials,
  credentialsFor,
  hostOf,
  parseAuthFile,
} from "../../formats/config/auth_file.ts";
import { type Reference, repositoryOf } from "../../formats/oci/reference.ts";
import { configPaths, type Surroundings } from "../config/config_paths.ts";
import { readIfPresent } from "../config/read_config.ts";

/** Options of {@linkcode findCredentials}. */
export interface FindCredentialsOptions extends Surroundings {
  /** The one file to look into. */
  readonly authFile?: string | undefined;
  /** Told what could not be used. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Looks for the credentials of a repository. The first file that has some
 * for it wins.
 *
 * @throws {SyntaxError} If a file is malformed; names it.
 */
export async function findCredentials(
  reference: Reference,
  options: FindCredentialsOptions = {},
): Promise<Credentials | undefined> {
  const { authFile } = options;
  const paths = authFile === undefined ? configPaths(options).auth : [authFile];
  const chosenBy = authFile === undefined ? "orlop" : "user";
  const name = repositoryOf(reference);
  for (const path of paths) {
    const text = await readIfPresent(path, chosenBy);
    if (text === undefined && authFile !== undefined) {
      throw new Error(`Cannot read credential file "${path}": no such file`);
    }
    if (text === undefined) continue;
    const file = parseAuthFile(text, path);
    const found = credentialsFor(file, name);
    if (found !== undefined) return found;
    warnOfHelper(file, { ...options, host: hostOf(name), path });
  }
  return undefined;
}

function warnOfHelper(
  file: AuthFile,
  { host, path, onWarning }: FindCredentialsOptions & {
    readonly host: string;
    readonly path: string;
  },
): void {
  const helper = file.credHelpers.get(host) ?? file.credsStore;
  if (helper === undefined) return;
  onWarning?.(
    `Cannot ask credential helper "${helper}" of "${path}" for "${host}": ` +
      "helpers are not supported yet; use skopeo login or --creds",
  );
}
