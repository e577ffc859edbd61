/** Where logins are kept, as flags say. */

import {
  defaultRegistry,
  type LoginOptions,
} from "../../../engine/login/log_in.ts";
import { loadRegistriesConf } from "../../../registry/config/load_registries_conf.ts";
import type { Call, FlagValues } from "../../command.ts";
import type { LogSink } from "../../open_log.ts";
import type { AUTH_FILE_FLAGS } from "../../table/login_commands.ts";
import { UsageError } from "../../usage_error.ts";
import { registryEnvironment } from "../read_env.ts";

/**
 * Turns the flags that `login` and `logout` share into options.
 *
 * @throws {UsageError} If they contradict each other.
 */
export function loginOptions(
  { flags, signal }: Pick<Call, "signal"> & {
    readonly flags: FlagValues<typeof AUTH_FILE_FLAGS>;
  },
  { log }: LogSink,
): LoginOptions {
  const { authfile, "compat-auth-file": compatAuthFile } = flags;
  if (authfile && compatAuthFile) {
    throw new UsageError('Cannot use "--authfile" with "--compat-auth-file"');
  }
  const onWarning = (message: string) => log("warn", message);
  return {
    authFile: authfile || undefined,
    compatAuthFile: compatAuthFile || undefined,
    ...registryEnvironment(onWarning),
    onWarning,
    signal,
  };
}

/**
 * The registry that is named, or else the first that short names are looked for in.
 *
 * @throws {UsageError} If there is none.
 */
export async function chooseRegistry(
  [typed]: readonly string[],
  options: LoginOptions,
): Promise<string> {
  if (typed !== undefined) return typed;
  const found = defaultRegistry(await loadRegistriesConf(options));
  if (found !== undefined) return found;
  throw new UsageError(
    "Cannot choose a registry: no registries found in registries.conf, a " +
      "registry must be provided",
  );
}
