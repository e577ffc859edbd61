/** What handlers have in common. */

import {
  getLevelByName,
  getLevelName,
  type LevelName,
  type LogLevel,
} from "./levels.ts";
import type { LogRecord } from "./log_record.ts";

/** Makes the text of a record. */
export type FormatterFunction = (logRecord: LogRecord) => string;

/** Options of every handler. */
export interface BaseHandlerOptions {
  /** `LEVEL message` is the default. */
  formatter?: FormatterFunction;
}

/** Outputs records of its level and above. */
export abstract class BaseHandler {
  formatter: FormatterFunction;
  #level: LogLevel;

  constructor(levelName: LevelName, options: BaseHandlerOptions = {}) {
    this.#level = getLevelByName(levelName);
    this.formatter = options.formatter ??
      (({ levelName, msg }) => `${levelName} ${msg}`);
  }

  /** The lowest level that is output. */
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

  /** Takes a record. */
  handle(logRecord: LogRecord): void {
    if (this.#level <= logRecord.level) this.log(this.format(logRecord));
  }

  /** Makes a record's text. */
  format(logRecord: LogRecord): string {
    return this.formatter(logRecord);
  }

  /** Outputs the text. */
  abstract log(msg: string): void;

  /** Is called before the handler is used. */
  setup(): void {}

  /** Is called after its last use. */
  destroy(): void {}
}
