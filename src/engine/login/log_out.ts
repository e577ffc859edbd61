/** Forgets logins: podman-logout(1). */

import { NotLoggedInError } from "../../errors/not_found_errors.ts";
import { parseRegistryKey } from "../../formats/config/registry_key.ts";
import {
  removeAllCredentials,
  removeCredentials,
} from "../../registry/auth/store_credentials.ts";
import type { LoginOptions } from "./log_in.ts";

/**
 * Forgets the credentials for a registry, or for a part of one, in the file or the
 * helpers that {@linkcode logIn} writes to.
 *
 * @param registry As it was given to log in.
 * @throws {NotLoggedInError} If there are none.
 * @throws {DamagedFileError} If the file is malformed; it is not changed.
 * @example
 * ```ts
 * import { logOut, NotLoggedInError } from "orlop";
 * async function leave(registry: string): Promise<void> {
 *   try {
 *     await logOut(registry);
 *   } catch (error) {
 *     if (!(error instanceof NotLoggedInError)) throw error;
 *   }
 * }
 * ```
 */
export async function logOut(
  registry: string,
  options: LoginOptions = {},
): Promise<void> {
  const key = parseRegistryKey(registry);
  if (await removeCredentials(key, options)) return;
  throw new NotLoggedInError(
    `Cannot log out: not logged into ${key.key}`,
  );
}

/**
 * Forgets all credentials that {@linkcode logIn} and podman keep.
 *
 * @example
 * ```ts
 * import { logOutOfAll } from "orlop";
 * await logOutOfAll({ authFile: `${await Deno.makeTempDir()}/auth.json` });
 * ```
 */
export async function logOutOfAll(options: LoginOptions = {}): Promise<void> {
  await removeAllCredentials(options);
}
