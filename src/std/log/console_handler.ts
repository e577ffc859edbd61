/** Shows messages on standard output. */

import { BaseHandler, type BaseHandlerOptions } from "./base_handler.ts";
import { type LevelName, type LogLevel, LogLevels } from "./levels.ts";
import type { LogRecord } from "./log_record.ts";

/** How messages look. */
export interface ConsoleHandlerOptions extends BaseHandlerOptions {
  /** Colours messages by their level, unless `NO_COLOR` is set. */
  useColors?: boolean;
}

/** Shows messages by `console.log()`. */
export class ConsoleHandler extends BaseHandler {
  readonly #useColors: boolean;

  constructor(levelName: LevelName, options: ConsoleHandlerOptions = {}) {
    super(levelName, options);
    this.#useColors = (options.useColors ?? true) && !Deno.noColor;
  }

  override format(logRecord: LogRecord): string {
    const text = super.format(logRecord);
    return this.#useColors ? this.applyColors(text, logRecord.level) : text;
  }

  /** Colours a text by its level. */
  applyColors(msg: string, level: LogLevel): string {
    const [start, end] = STYLES.get(level) ?? ["", ""];
    return `${start}${msg}${end}`;
  }

  override log(msg: string): void {
    // deno-lint-ignore no-console -- this is what it is for
    console.log(msg);
  }
}

// Select Graphic Rendition of ECMA-48, 8.3.117.
const STYLES: ReadonlyMap<LogLevel, readonly [string, string]> = new Map([
  [LogLevels.INFO, ["\x1b[34m", "\x1b[39m"]],
  [LogLevels.WARN, ["\x1b[33m", "\x1b[39m"]],
  [LogLevels.ERROR, ["\x1b[31m", "\x1b[39m"]],
  [LogLevels.CRITICAL, ["\x1b[1m\x1b[31m", "\x1b[39m\x1b[22m"]],
]);
