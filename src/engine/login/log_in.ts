/** Logs in to a registry: podman-login(1). */

import { UnauthorizedError } from "../../errors/image_errors.ts";
import type { Credentials } from "../../formats/config/auth_file.ts";
import { parseRegistryKey } from "../../formats/config/registry_key.ts";
import type { RegistriesConf } from "../../formats/config/registries_conf.ts";
import {
  type AuthTargetOptions,
  readingFrom,
} from "../../registry/auth/auth_target.ts";
import {
  type FoundCredentials,
  lookUpCredentials,
} from "../../registry/auth/find_credentials.ts";
import {
  type Login,
  storeCredentials,
} from "../../registry/auth/store_credentials.ts";
import { checkLogin } from "../../registry/check_login.ts";
import { loadRegistriesConf } from "../../registry/config/load_registries_conf.ts";
import type { RegistryOptions } from "../../registry/registry_image.ts";

/** Options of {@linkcode logIn}, and of {@linkcode logOut}. */
export interface LoginOptions
  extends Omit<RegistryOptions, "credentials">, AuthTargetOptions {}

/** The result of a login. */
export interface LoggedIn {
  /** Where the credentials are now: a path, or the name of a helper. */
  readonly source: string;
}

/**
 * Logs in to a registry: checks the credentials, and stores them for all tools that
 * read an `auth.json`.
 *
 * @param registry Such as `quay.io`, or `quay.io/team` for what is below that.
 * @param login A password is replaced by an identity token if the registry's token
 *   service gives one.
 * @throws {UnauthorizedError} If the registry refuses them; nothing is kept.
 * @throws {DamagedFileError} If the file for them is malformed; it is not changed.
 * @example
 * ```ts
 * import { logIn } from "orlop";
 * async function enter(password: string): Promise<void> {
 *   await logIn("quay.io", { kind: "password", username: "ann", password });
 * }
 * ```
 */
export async function logIn(
  registry: string,
  login: Login,
  options: LoginOptions = {},
): Promise<LoggedIn> {
  const key = parseRegistryKey(registry);
  const conf = await loadRegistriesConf(options);
  const asking = { ...options, conf };
  const accepted = await checkLogin(key.registry, login, asking);
  const { credentialHelpers = [] } = conf;
  const source = await storeCredentials(key, accepted, {
    ...options,
    credentialHelpers,
  });
  return { source };
}

/**
 * Finds the credentials that orlop would use for a registry, or a part of one.
 *
 * @throws {DamagedFileError} If a file of credentials is malformed.
 * @example
 * ```ts
 * import { findLogin } from "orlop";
 * const found = await findLogin("registry.invalid");
 * console.log(found); // undefined
 * ```
 */
export async function findLogin(
  registry: string,
  options: LoginOptions = {},
): Promise<FoundCredentials | undefined> {
  const { key } = parseRegistryKey(registry);
  return await lookUpCredentials(key, readingFrom(options));
}

/**
 * Checks credentials at a registry, and stores nothing.
 *
 * @throws {RegistryError} If it does not answer as registries do.
 * @example
 * ```ts
 * import { findLogin, isLoginAccepted } from "orlop";
 * async function isStillLoggedIn(registry: string): Promise<boolean> {
 *   const found = await findLogin(registry);
 *   return found !== undefined &&
 *     await isLoginAccepted(registry, found.credentials);
 * }
 * ```
 */
export async function isLoginAccepted(
  registry: string,
  credentials: Credentials,
  options: LoginOptions = {},
): Promise<boolean> {
  const key = parseRegistryKey(registry);
  const conf = await loadRegistriesConf(options);
  try {
    await checkLogin(key.registry, credentials, { ...options, conf });
    return true;
  } catch (error) {
    if (error instanceof UnauthorizedError) return false;
    throw error;
  }
}

/** The default registry; undefined if there is none. */
export function defaultRegistry(
  { searchRegistries = [] }: RegistriesConf,
): string | undefined {
  return searchRegistries[0];
}
