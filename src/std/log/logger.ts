/** Passes a program's messages to handlers. */

import type { BaseHandler } from "./base_handler.ts";
import {
  getLevelByName,
  getLevelName,
  type LevelName,
  type LogLevel,
  LogLevels,
} from "./levels.ts";
import { LogRecord } from "./log_record.ts";

/** A message, or a function that is called only if it is logged. */
type Message<T> = T | (() => T);

/** Passes messages of its level and above to its handlers. */
export class Logger {
  handlers: BaseHandler[];
  readonly loggerName: string;
  #level: LogLevel;

  constructor(
    loggerName: string,
    levelName: LevelName,
    options: { handlers?: BaseHandler[] } = {},
  ) {
    this.loggerName = loggerName;
    this.#level = getLevelByName(levelName);
    this.handlers = options.handlers ?? [];
  }

  /** The lowest level that is passed on. */
  get level(): LogLevel {
    return this.#level;
  }

  set level(level: LogLevel) {
    this.#level = getLevelByName(getLevelName(level));
  }

  /** The same by name. */
  get levelName(): LevelName {
    return getLevelName(this.#level);
  }

  set levelName(levelName: LevelName) {
    this.#level = getLevelByName(levelName);
  }

  /** Logs details for debugging; returns the message. */
  debug<T>(msg: Message<T>, ...args: unknown[]): T | undefined {
    return this.#log(LogLevels.DEBUG, msg, args);
  }

  /** Logs normal operation; returns the message. */
  info<T>(msg: Message<T>, ...args: unknown[]): T | undefined {
    return this.#log(LogLevels.INFO, msg, args);
  }

  /** Logs a possible problem; returns the message. */
  warn<T>(msg: Message<T>, ...args: unknown[]): T | undefined {
    return this.#log(LogLevels.WARN, msg, args);
  }

  /** Logs a failure; returns the message. */
  error<T>(msg: Message<T>, ...args: unknown[]): T | undefined {
    return this.#log(LogLevels.ERROR, msg, args);
  }

  /** Logs a fatal failure; returns the message. */
  critical<T>(msg: Message<T>, ...args: unknown[]): T | undefined {
    return this.#log(LogLevels.CRITICAL, msg, args);
  }

  #log<T>(
    level: LogLevel,
    msg: Message<T>,
    args: unknown[],
  ): T | undefined {
    const isSeen = this.#level <= level;
    if (msg instanceof Function && !isSeen) return undefined;
    const value = msg instanceof Function ? msg() : msg;
    if (!isSeen) return value;
    const { loggerName } = this;
    const text = toText(value);
    const record = new LogRecord({ msg: text, args, level, loggerName });
    for (const handler of this.handlers) handler.handle(record);
    return value;
  }
}

function toText(value: unknown): string {
  if (value instanceof Error) return value.stack ?? String(value);
  if (typeof value === "function") return "undefined";
  if (typeof value !== "object" || value === null) return String(value);
  const entries = Object.entries(value).map(([key, item]) =>
    `"${key}":${typeof item === "string" ? `"${item}"` : toText(item)}`
  );
  return `{${entries.join(",")}}`;
}
