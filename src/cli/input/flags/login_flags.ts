/** Reads the credentials of flags. */

import type { Credentials } from "../../../formats/config/auth_file.ts";
import type { Call, FlagValues } from "../../command.ts";
import type { LOGIN_FLAGS } from "../../table/shared_flags.ts";
import { UsageError } from "../../usage_error.ts";
import { askLine, canAsk, readSecret } from "../ask.ts";

/** The parts of a call for asking on the terminal. */
export type Asking = Pick<Call, "terminal" | "signal">;

/**
 * Reads the credentials that flags name, or asks for the password.
 *
 * @returns Undefined if no flag names any.
 * @throws {UsageError} If they contradict each other, or nobody can be asked.
 */
export async function readLoginFlags(
  flags: FlagValues<typeof LOGIN_FLAGS>,
  asking: Asking,
): Promise<Credentials | undefined> {
  checkTogether(flags);
  const [flag, text] = flags.creds === undefined
    ? ["--username", flags.username] as const
    : ["--creds", flags.creds] as const;
  if (text === undefined) return undefined;
  const colon = flag === "--creds" ? text.indexOf(":") : -1;
  const username = colon < 0 ? text : text.slice(0, colon);
  checkUserName(username, flag);
  if (colon >= 0) {
    return { kind: "password", username, password: text.slice(colon + 1) };
  }
  const password = flags["password-stdin"]
    ? await readSecret(asking)
    : await askPassword(username, asking);
  return { kind: "password", username, password };
}

/**
 * Refuses a name that cannot be sent: RFC 7617, 2.
 *
 * @param flag Where it comes from, for the error.
 * @throws {UsageError} If it is empty, or has a colon in it.
 */
export function checkUserName(username: string, flag: string): void {
  if (username === "") {
    throw new UsageError(`Cannot use "${flag}": the user's name is missing`);
  }
  if (!username.includes(":")) return;
  throw new UsageError(
    `Cannot use "${flag}": no user's name has a colon in it`,
  );
}

/**
 * Asks for a password that is not shown.
 *
 * @throws {UsageError} If there is no terminal, or no answer.
 */
export async function askPassword(
  username: string,
  { terminal, signal }: Asking,
): Promise<string> {
  if (!canAsk()) {
    throw new UsageError(
      `Cannot ask for the password of "${username}": standard input is no ` +
        "terminal; use --password-stdin",
    );
  }
  const echo = "off";
  const password = await askLine("Password:", { terminal, signal, echo });
  if (password !== "") return password;
  throw new UsageError(`Cannot log in as "${username}": the password is empty`);
}

function checkTogether(
  { creds, username, "password-stdin": stdin }: FlagValues<typeof LOGIN_FLAGS>,
): void {
  const other = stdin ? "--password-stdin" : "--username";
  if (creds !== undefined && (stdin || username !== undefined)) {
    throw new UsageError(`Cannot use "--creds" with "${other}"`);
  }
  if (!stdin || username !== undefined) return;
  throw new UsageError(`Cannot use "--password-stdin" without "--username"`);
}
