/** The entry point of the command line: arguments in, exit code out. */

import { inOwnWords } from "../errors/why.ts";
import type { Libc } from "../process/libc.ts";
import {
  type Call,
  type Command,
  type CommandModule,
  mayAskHelpers,
} from "./command.ts";
import { COMMANDS } from "./command_table.ts";
import { dropPermissions } from "./drop_permissions.ts";
import { exitCodeOf, failureCodeOf } from "./exit_code.ts";
import {
  type Config,
  type LogFormat,
  type LogLevel,
  resolveConfig,
} from "./input/config.ts";
import {
  type CommandLine,
  parseCommandLine,
} from "./input/parse_command_line.ts";
import type { OpenLogFile } from "./log_file.ts";
import { loadCommand } from "./load_command.ts";
import { narrowHelpers } from "./narrow_helpers.ts";
import { describeError } from "./render/describe_error.ts";
import { describeCommand, usageOf } from "./render/help/usage.ts";
import { openTerminal, type Terminal } from "./render/terminal.ts";
import { showControls } from "../formats/visible_text.ts";
import { listenForSignals } from "./signals.ts";
import { listenForStrayErrors } from "./stray_errors.ts";
import { UsageError } from "./usage_error.ts";

/** What the command line is run with. */
export interface RunCliOptions {
  /** Bound before the `ffi` permission was given up. */
  readonly libc?: Libc | undefined;
  /** The process's own outputs if omitted. */
  readonly terminal?: Terminal;
  /** Whether permissions that the command does not need are given up. */
  readonly permissions?: "drop" | "keep";
}

/**
 * Runs a command line.
 *
 * @param args Without the program's name.
 * @returns The exit code. Nothing is thrown: errors are printed on stderr.
 */
export async function runCli(
  args: readonly string[],
  options: RunCliOptions = {},
): Promise<number> {
  const terminal = options.terminal ??
    openTerminal({ color: !args.includes("--no-color") });
  using _strays = listenForStrayErrors(terminal);
  let path: readonly string[] = [];
  try {
    const line = parseCommandLine(args, COMMANDS);
    path = line.path;
    return await runLine(line, { ...options, terminal });
  } catch (error) {
    await tellError(error, { terminal, logFormat: findLogFormat(args), path });
    if (error instanceof UsageError && error.path.length > 0) path = error.path;
    return commandAt(path)?.failureCode ?? exitCodeOf(error);
  }
}

async function runLine(
  line: CommandLine,
  options: RunCliOptions & { readonly terminal: Terminal },
): Promise<number> {
  const { terminal } = options;
  const { command, path, flags } = line;
  if (flags["help"] === true) {
    // Loaded here only: starts are quick.
    const { helpText } = await import("./render/help/help_text.ts");
    const { columns, paint } = terminal;
    terminal.print(helpText(command, path, { width: columns, paint }));
    return 0;
  }
  const isVersion = flags["version"] === true;
  const values = { ...flags, ...hiddenValues(line) };
  const config = await resolveConfig(values, {
    store: isVersion || command.opensNoStore ? "unused" : "opened",
  });
  if (options.permissions !== "keep") {
    dropPermissions(command);
    if (mayAskHelpers(command)) await narrowHelpers(flags);
  }
  const module = await loadCommand(isVersion ? ["version"] : path, command);
  using signals = listenForSignals(command.signals);
  const { signal } = signals;
  const call: Call = {
    ...line,
    config,
    terminal,
    signal,
    libc: options.libc,
    openLogFile: config.logFile === "" ? undefined : await loadLogFile(),
  };
  try {
    return await runModule(module, call);
  } catch (error) {
    // After a signal, only the interruption is reported.
    const failure = signal.aborted ? signal.reason : error;
    const { logFormat, logLevel, logFile } = config;
    await tellError(failure, { terminal, logFormat, logLevel, logFile, path });
    return signals.exitCode ?? failureCodeOf(command, error);
  }
}

/** Those that were given. */
function hiddenValues({ hiddenFlags }: CommandLine): Record<string, unknown> {
  const given = Object.entries(hiddenFlags)
    .filter(([, value]) => typeof value === "string");
  return Object.fromEntries(given);
}

async function runModule(module: CommandModule, call: Call): Promise<number> {
  return await module.run(call) ?? 0;
}

interface ErrorContext extends Pick<Config, "logFormat"> {
  readonly terminal: Terminal;
  readonly logLevel?: LogLevel;
  readonly logFile?: string;
  readonly path?: readonly string[];
}

async function tellError(
  error: unknown,
  context: ErrorContext,
): Promise<void> {
  if (error instanceof AggregateError && error.message === "") {
    for (const one of error.errors) await tellError(one, context);
    return;
  }
  const { terminal, logFormat, logLevel, logFile = "", path = [] } = context;
  const message = describeError(error, { path });
  const time = new Date().toISOString();
  const isJson = logFormat === "json";
  const line = isJson
    ? JSON.stringify({ level: "error", time, message })
    : `orlop: ${message}`;
  terminal.tell(line);
  await keepInLog(logFile, showControls(isJson ? line : `${time} ${line}`));
  if (isJson) return;
  if (error instanceof UsageError) {
    const words = error.path.length > 0 ? error.path : path;
    terminal.tell(usageHint(words));
  } else if (logLevel === "debug") {
    for (const cause of listCauses(error)) terminal.tell(`because: ${cause}`);
  }
}

async function loadLogFile(): Promise<OpenLogFile> {
  const { openLogFile } = await import("./log_file.ts");
  return openLogFile;
}

/** The log also gets the error that ended the command. */
async function keepInLog(path: string, line: string): Promise<void> {
  if (path === "") return;
  try {
    const openLogFile = await loadLogFile();
    using file = openLogFile(path);
    file.write(line);
  } catch {
    // It was printed on stderr already; the log itself may be the error.
  }
}

/** The causes of an error; for an unexpected one also its stack. */
function listCauses(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  const { message, stack, cause } = error;
  const own = message.startsWith("Cannot ") ? [] : [inOwnWords(stack ?? "")];
  if (cause === undefined) return own;
  return [...own, describeError(cause), ...listCauses(cause)];
}

function usageHint(path: readonly string[]): string {
  const command = commandAt(path);
  const usage = command === undefined ? "" : `Usage: ${usageOf(command, path)}`;
  return `${usage}\nHelp:  ${describeCommand(path)} --help`.trim();
}

function commandAt(path: readonly string[]): Command | undefined {
  return path.reduce<Command | undefined>(
    (group, word) => group?.commands?.find(({ name }) => name === word),
    COMMANDS,
  );
}

/** The log format of a command line that does not parse. */
function findLogFormat(args: readonly string[]): LogFormat {
  const isJson = args.some((arg, index) =>
    arg === "--log-format=json" ||
    (arg === "json" && args[index - 1] === "--log-format")
  );
  return isJson ? "json" : "text";
}
