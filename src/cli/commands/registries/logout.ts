/** `orlop logout`. */

import { findLogin, type LoginOptions } from "../../../engine/login/log_in.ts";
import { logOut, logOutOfAll } from "../../../engine/login/log_out.ts";
import { NotLoggedInError } from "../../../errors/not_found_errors.ts";
import { whyOf } from "../../../errors/why.ts";
import { parseRegistryKey } from "../../../formats/config/registry_key.ts";
import type { Call } from "../../command.ts";
import {
  chooseRegistry,
  loginOptions,
} from "../../input/flags/login_options.ts";
import { openLog } from "../../open_log.ts";
import type { LOGOUT } from "../../table/login_commands.ts";
import { UsageError } from "../../usage_error.ts";

/** Logs out, in podman's words. */
export async function run(call: Call<typeof LOGOUT>): Promise<void> {
  const { flags, terminal, config } = call;
  if (flags.all && call.arguments.length > 0) {
    throw new UsageError('Cannot use "--all" with a registry');
  }
  using sink = openLog(config, call);
  const options = loginOptions(call, sink);
  await checkNamed(options);
  if (flags.all) {
    await logOutOfAll(options);
    terminal.print("Removed login credentials for all registries");
    return;
  }
  const typed = await chooseRegistry(call.arguments, options);
  const { key: registry } = parseRegistryKey(typed);
  terminal.print(await leave(registry, options));
}

/** Nothing is in a file that is not there: then its name was mistyped. */
async function checkNamed(
  { authFile, compatAuthFile, env = {} }: LoginOptions,
): Promise<void> {
  const path = compatAuthFile ?? authFile ?? env["REGISTRY_AUTH_FILE"];
  if (path === undefined) return;
  try {
    await Deno.stat(path);
  } catch (cause) {
    throw new Error(`Cannot read credential file "${path}": ${whyOf(cause)}`, {
      cause,
    });
  }
}

async function leave(
  registry: string,
  options: LoginOptions,
): Promise<string> {
  try {
    await logOut(registry, options);
    return `Removed login credentials for ${registry}`;
  } catch (error) {
    if (!(error instanceof NotLoggedInError)) throw error;
    const found = await findLogin(registry, options);
    if (found === undefined) throw error;
    if (/\/config\.json"$/.test(found.source)) {
      return `Not logged into ${registry} with current tool. Existing ` +
        "credentials were established via docker login. Please use docker " +
        "logout instead.";
    }
    throw new NotLoggedInError(
      `${error.message}; what is used for it is ${found.source}`,
    );
  }
}
