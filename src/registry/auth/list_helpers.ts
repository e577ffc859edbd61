/** Which credential helpers this machine is set up to ask. */

import type { AuthFile } from "../../formats/config/auth_file.ts";
import { HELPER_PREFIX } from "./helper_prefix.ts";
import {
  type FindCredentialsOptions,
  readAuthFiles,
  readHelpers,
} from "./find_credentials.ts";

/**
 * Lists the programs that may have to be asked for credentials. A file that cannot
 * be read names none: who needs it says what is wrong with it.
 *
 * @param authFiles Those that flags name; undefined stands for the usual ones.
 * @returns Their names, such as `docker-credential-pass`.
 */
export async function listHelpers(
  authFiles: readonly (string | undefined)[],
  options: FindCredentialsOptions,
): Promise<ReadonlySet<string>> {
  const lists = await Promise.all([
    ifReadable(() => readHelpers(options)),
    ...authFiles.map((authFile) =>
      ifReadable(() => namesIn(readAuthFiles({ ...options, authFile })))
    ),
  ]);
  return new Set(lists.flat().map((name) => `${HELPER_PREFIX}${name}`));
}

async function namesIn(
  files: AsyncIterable<AuthFile>,
): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { credHelpers, credsStore = "" } of files) {
    names.push(...credHelpers.values(), credsStore);
  }
  return names;
}

async function ifReadable(
  read: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  try {
    return await read();
  } catch {
    return []; // what is wrong is said where it matters
  }
}
