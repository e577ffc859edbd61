/** `orlop login`. */

import {
  findLogin,
  isLoginAccepted,
  logIn,
  type LoginOptions,
} from "../../../engine/login/log_in.ts";
import { NotLoggedInError } from "../../../errors/not_found_errors.ts";
import type { Credentials } from "../../../formats/config/auth_file.ts";
import { parseRegistryKey } from "../../../formats/config/registry_key.ts";
import type { Call } from "../../command.ts";
import { askLine, canAsk, readSecret } from "../../input/ask.ts";
import { askPassword, checkUserName } from "../../input/flags/login_flags.ts";
import {
  chooseRegistry,
  loginOptions,
} from "../../input/flags/login_options.ts";
import { openLog } from "../../open_log.ts";
import type { LOGIN } from "../../table/login_commands.ts";
import { UsageError } from "../../usage_error.ts";

type LoginCall = Call<typeof LOGIN>;

/** Logs in, or shows who is logged in, with podman's messages. */
export async function run(call: LoginCall): Promise<void> {
  const { flags, terminal, config } = call;
  checkFlags(call);
  using sink = openLog(config, call);
  const options: LoginOptions = {
    ...loginOptions(call, sink),
    certDir: flags["cert-dir"],
    tlsVerify: flags["tls-verify"],
  };
  const typed = await chooseRegistry(call.arguments, options);
  const { key: registry } = parseRegistryKey(typed);
  // Before anything is asked: a damaged file is reported now.
  const known = (await findLogin(registry, options))?.credentials;
  if (flags["get-login"]) {
    terminal.print(knownUser(known, registry));
    return;
  }
  if (flags.password) {
    sink.log(
      "warn",
      "--password can be seen by all users of this machine; use " +
        "--password-stdin",
    );
  }
  if (known !== undefined && isNothingGiven(call)) {
    if (await tryKnown(call, { ...options, known, registry })) return;
  }
  const login = await readLogin(call, known);
  const { source } = await logIn(registry, login, options);
  if (flags.verbose) terminal.print(`Used:  ${source}`);
  terminal.print("Login Succeeded!");
}

function checkFlags({ flags }: LoginCall): void {
  const { username, password, "password-stdin": stdin } = flags;
  if (username !== undefined) checkUserName(username, "--username");
  if (stdin && password) {
    throw new UsageError('Cannot use "--password" with "--password-stdin"');
  }
  if (!stdin || username !== undefined) return;
  throw new UsageError('Cannot use "--password-stdin" without "--username"');
}

function isNothingGiven({ flags }: LoginCall): boolean {
  return !flags.username && !flags.password && !flags["password-stdin"];
}

function knownUser(known: Credentials | undefined, registry: string): string {
  const user = userOf(known);
  if (user !== "") return user;
  throw new NotLoggedInError(
    `Cannot show a user: not logged into ${registry}`,
  );
}

function userOf(known: Credentials | undefined): string {
  return known === undefined || known.kind === "registry-token"
    ? ""
    : known.username ?? "";
}

/** Whether the stored credentials are valid. */
async function tryKnown(
  { terminal }: LoginCall,
  { known, registry, ...options }: LoginOptions & {
    readonly known: Credentials;
    readonly registry: string;
  },
): Promise<boolean> {
  terminal.print(`Authenticating with existing credentials for ${registry}`);
  const isAccepted = await isLoginAccepted(registry, known, options);
  terminal.print(
    isAccepted
      ? `Existing credentials are valid. Already logged in to ${
        parseRegistryKey(registry).registry
      }`
      : "Existing credentials are invalid, please enter valid username and " +
        "password",
  );
  return isAccepted;
}

async function readLogin(
  call: LoginCall,
  known: Credentials | undefined,
): Promise<Extract<Credentials, { kind: "password" }>> {
  const { flags } = call;
  const username = flags.username ?? await askUser(call, userOf(known));
  const password = flags["password-stdin"]
    ? await readSecret(call)
    : flags.password || await askPassword(username, call);
  return { kind: "password", username, password };
}

/** Asks for the user; an empty answer means the known one. */
async function askUser(
  { terminal, signal }: LoginCall,
  known: string,
): Promise<string> {
  if (!canAsk()) {
    throw new UsageError(
      "Cannot ask for the user's name: standard input is no terminal; use " +
        "--username and --password-stdin",
    );
  }
  const question = known === "" ? "Username:" : `Username (${known}):`;
  const answer = await askLine(question, { terminal, signal, echo: "on" });
  const username = answer.trim() || known;
  checkUserName(username, "--username");
  return username;
}
