/**
 * Programs that keep credentials, `docker-credential-NAME`: the protocol of
 * docker-credential-helpers.
 */

import { type Abortable, linkSignals } from "../../errors/abort.ts";
import { CommandError } from "../../errors/store_errors.ts";
import { toBytes } from "../../formats/bytes.ts";
import type { Credentials } from "../../formats/config/auth_file.ts";
import {
  asObject,
  asString,
  asStringMap,
  optional,
  parseJson,
  withoutValues,
} from "../../formats/json.ts";
import { callersVariable } from "../../process/callers_variable.ts";
import {
  findProgram,
  PROGRAM_DIRECTORIES,
} from "../../process/find_program.ts";
import { type CommandResult, runCommand } from "../../process/run_command.ts";
import { PROXY_NAMES } from "../proxy/proxy_rules.ts";
import { HELPER_PREFIX } from "./helper_prefix.ts";

/** A program that keeps credentials. */
export interface CredentialHelper {
  /** The credentials for a host; undefined if it has none. */
  get(server: string): Promise<Credentials | undefined>;
  /** Keeps credentials in place of those that it has for the host. */
  store(server: string, login: HelperLogin): Promise<void>;
  /** Forgets those for a host; false if it has none. */
  erase(server: string): Promise<boolean>;
  /** The hosts that it has credentials for. */
  list(): Promise<readonly string[]>;
}

/** What a helper keeps. */
export interface HelperLogin {
  /** `<token>` if the secret is an identity token. */
  readonly username: string;
  readonly secret: string;
}

/** Options of {@linkcode openHelper}. */
export interface HelperOptions extends Abortable {
  /** Of these `HOME`, and `ORLOP_HELPERS`: where helpers are, by commas. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * How long it may take, in milliseconds: somebody may have to be asked.
   *
   * @default {60_000}
   */
  readonly helperTimeoutMs?: number;
}

/** The name of users whose secret is an identity token. */
export const TOKEN_USER = "<token>";

const DEFAULT_TIMEOUT_MS = 60_000;
// Keys of services are a few KiB, and lists have a line for each host.
const MAX_OUTPUT_BYTES = 1024 * 1024;
const NOT_FOUND = "credentials not found in native keychain";
// As Debian has it for users that have no home.
const NO_HOME = "/nonexistent";

/**
 * Opens a helper; its program is found, but not started.
 *
 * @param name Such as `pass`, as configuration files have it.
 * @throws {CommandError} If no program may have that name, or there is none.
 */
export function openHelper(
  name: string,
  options: HelperOptions = {},
): CredentialHelper {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name)) {
    throw new CommandError(
      `Cannot use credential helper ${JSON.stringify(name)}: that is no name ` +
        `of a program ${HELPER_PREFIX}NAME`,
    );
  }
  const program = findProgram(`${HELPER_PREFIX}${name}`, foldersIn(options));
  const ask = async (action: string, input: string) =>
    await runWithin(program, action, { ...options, input });
  const askFor = async (action: string, input: string) => {
    const result = await ask(action, input);
    if (isNotFound(result)) return undefined;
    checkCode(result, { name, program, action });
    return result.stdout;
  };
  return {
    async get(server) {
      const answer = await askFor("get", server);
      return answer === undefined ? undefined : readAnswer(answer, name);
    },
    async store(server, { username, secret }) {
      const kept = { ServerURL: server, Username: username, Secret: secret };
      const result = await ask("store", JSON.stringify(kept));
      checkCode(result, { name, program, action: "store" });
    },
    erase: async (server) => await askFor("erase", server) !== undefined,
    list: async () => readList(await askFor("list", "") ?? "", name),
  };
}

/** A helper's output may contain secrets: it is never shown. */
function checkCode(
  { code }: CommandResult,
  { name, program, action }: Readonly<
    Record<"name" | "program" | "action", string>
  >,
): void {
  if (code === 0) return;
  throw new CommandError(
    `Cannot ask credential helper "${name}": "${action}" ended with exit ` +
      `code ${code}; run "${program} ${action}" to see why`,
    { exitCode: code },
  );
}

/** The folders of helpers, as far as the launcher has looked for them. */
function foldersIn({ env = {} }: HelperOptions): readonly string[] {
  const found = (env["ORLOP_HELPERS"] ?? "").split(",").filter(Boolean);
  const folders = found.map((path) => path.slice(0, path.lastIndexOf("/")));
  return [...new Set([...folders, ...PROGRAM_DIRECTORIES])];
}

async function runWithin(
  program: string,
  action: string,
  { input, env = {}, helperTimeoutMs = DEFAULT_TIMEOUT_MS, signal }:
    & HelperOptions
    & { readonly input: string },
): Promise<CommandResult> {
  const timeout = new AbortController();
  const late = new CommandError(
    `Cannot ask credential helper "${program}": no answer to "${action}" ` +
      `within ${helperTimeoutMs / 1000} s`,
  );
  const timer = setTimeout(() => timeout.abort(late), helperTimeoutMs);
  try {
    return await runCommand(program, [action], {
      stdin: toBytes(input),
      environment: "inherited",
      env: { HOME: env["HOME"] ?? NO_HOME, ...proxyVariables() },
      maxStdout: MAX_OUTPUT_BYTES,
      okCodes: "any",
      signal: linkSignals(signal, timeout.signal),
    });
  } finally {
    clearTimeout(timer);
  }
}

/** Helpers need the proxy variables, which the launcher hides from Deno. */
function proxyVariables(): Record<string, string> {
  return Object.fromEntries(PROXY_NAMES.flatMap((name) => {
    const value = callersVariable(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

function isNotFound({ code, stdout }: CommandResult): boolean {
  return code !== 0 && stdout.trim() === NOT_FOUND;
}

function readAnswer(text: string, name: string): Credentials | undefined {
  const what = `what credential helper "${name}" prints`;
  const { username, secret } = readOutput(() => {
    const answer = asObject(parseJson(text, what), what);
    const username = optional(answer["Username"], what, asString) ?? "";
    return { username, secret: asString(answer["Secret"], what) };
  });
  if (username === TOKEN_USER) return { kind: "identity-token", token: secret };
  if (username === "" && secret === "") return undefined;
  return { kind: "password", username, password: secret };
}

function readList(text: string, name: string): readonly string[] {
  const what = `what credential helper "${name}" prints`;
  const json = text.trim() === "" ? "{}" : text;
  return readOutput(() =>
    Object.keys(
      optional(parseJson(json, what), what, asStringMap) ?? {},
    )
  );
}

/** It is a program that fails, not what a user has typed. */
function readOutput<T>(read: () => T): T {
  try {
    return withoutValues(read);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CommandError(error.message);
  }
}
