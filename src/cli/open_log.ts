/** The log, by `@std/log`: to stderr and to a file. */

import { BaseHandler, getLogger, setup } from "@std/log";
import type { LogRecord } from "@std/log";
import type { LogFields } from "../engine/agent.ts";
import { whyOf } from "../errors/why.ts";
import type { Config, LogFormat, LogLevel } from "./input/config.ts";
import type { LogFile, OpenLogFile } from "./log_file.ts";
import type { Terminal } from "./render/terminal.ts";
import { showControls, showOnOneLine } from "../formats/visible_text.ts";

/** Takes messages until it is disposed of. */
export interface LogSink extends Disposable {
  readonly log: (
    level: LogLevel,
    message: string,
    fields?: LogFields,
  ) => void;
}

// The names that `@std/log` has for levels.
const LEVEL_NAMES = {
  debug: "DEBUG",
  info: "INFO",
  warn: "WARN",
  error: "ERROR",
} as const satisfies Record<LogLevel, string>;

const WORDS: Readonly<Record<string, string>> = {
  DEBUG: "debug",
  INFO: "info",
  WARN: "warning",
  ERROR: "error",
};

/** Opens the log that the settings ask for. */
export function openLog(
  { logLevel, logFormat, logFile }: Config,
  { terminal, openLogFile }: {
    readonly terminal: Terminal;
    readonly openLogFile?: OpenLogFile | undefined;
  },
): LogSink {
  const level = LEVEL_NAMES[logLevel];
  const formatter = formatterFor(logFormat);
  const handlers: Record<string, BaseHandler> = {
    terminal: new TerminalHandler(level, { terminal, formatter }),
  };
  if (openLogFile !== undefined && logFile !== "") {
    // The file gets more details than the terminal.
    handlers["file"] = new LogFileHandler(level, {
      file: openLogFile(logFile),
      terminal,
      formatter: withTime(formatter, logFormat),
    });
  }
  const names = Object.keys(handlers);
  setup({ handlers, loggers: { default: { level, handlers: names } } });
  const logger = getLogger();
  return {
    log: (grade, message, fields) => logger[grade](message, fields),
    [Symbol.dispose]() {
      for (const handler of Object.values(handlers)) handler.destroy();
    },
  };
}

type Formatter = (record: LogRecord) => string;

function formatterFor(format: LogFormat): Formatter {
  switch (format) {
    case "json":
      return ({ levelName, datetime, msg, args }) =>
        showControls(JSON.stringify({
          level: levelName.toLowerCase(),
          time: datetime.toISOString(),
          message: msg,
          ...fieldsIn(args),
        }));
    case "text":
      return ({ levelName, msg, args }) => {
        // In text, values that are in the message already are not repeated.
        const fields = Object.entries(fieldsIn(args))
          .filter(([, value]) => !msg.includes(`"${value}"`))
          .map(([name, value]) => ` ${name}=${value}`);
        const text = showOnOneLine(msg + fields.join(""));
        return `orlop: ${WORDS[levelName] ?? levelName}: ${text}`;
      };
  }
}

function fieldsIn(args: readonly unknown[]): object {
  const [fields] = args;
  return typeof fields === "object" && fields !== null ? fields : {};
}

/** A line for people has no time on a terminal, but needs it in a file. */
function withTime(formatter: Formatter, format: LogFormat): Formatter {
  if (format === "json") return formatter;
  return (record) => `${record.datetime.toISOString()} ${formatter(record)}`;
}

class TerminalHandler extends BaseHandler {
  readonly #terminal: Terminal;

  constructor(
    level: (typeof LEVEL_NAMES)[LogLevel],
    options: { readonly terminal: Terminal; readonly formatter: Formatter },
  ) {
    super(level, { formatter: options.formatter });
    this.#terminal = options.terminal;
  }

  override log(message: string): void {
    this.#terminal.tell(message);
  }
}

interface LogFileOptions {
  readonly file: LogFile;
  readonly terminal: Terminal;
  readonly formatter: Formatter;
}

class LogFileHandler extends BaseHandler {
  readonly #file: LogFile;
  readonly #terminal: Terminal;
  #isBroken = false;

  constructor(
    level: (typeof LEVEL_NAMES)[LogLevel],
    { file, terminal, formatter }: LogFileOptions,
  ) {
    super(level, { formatter });
    this.#file = file;
    this.#terminal = terminal;
  }

  override log(message: string): void {
    if (this.#isBroken) return;
    try {
      this.#file.write(message);
    } catch (error) {
      // A full disk must not stop a cleanup.
      this.#isBroken = true;
      this.#terminal.tell(
        `orlop: warning: Cannot write the log: ${whyOf(error)}`,
      );
    }
  }

  override destroy(): void {
    this.#file[Symbol.dispose]();
  }
}
