/** A message on its way from a logger to its handlers. */

import { getLevelName, type LevelName, type LogLevel } from "./levels.ts";

/** The fields of a record. */
export interface LogRecordOptions {
  readonly msg: string;
  readonly args: readonly unknown[];
  readonly level: LogLevel;
  readonly loggerName: string;
}

/** A message with its level, logger and time. */
export class LogRecord {
  readonly msg: string;
  readonly level: LogLevel;
  readonly levelName: LevelName;
  readonly loggerName: string;
  readonly #args: readonly unknown[];
  readonly #timeMs = Date.now();

  constructor({ msg, args, level, loggerName }: LogRecordOptions) {
    this.msg = msg;
    this.level = level;
    this.levelName = getLevelName(level);
    this.loggerName = loggerName;
    this.#args = [...args];
  }

  /** What was logged with the message. */
  get args(): unknown[] {
    return [...this.#args];
  }

  /** When it was logged. */
  get datetime(): Date {
    return new Date(this.#timeMs);
  }
}
