/** The part of `@std/log` that orlop uses. */

export {
  BaseHandler,
  type BaseHandlerOptions,
  type FormatterFunction,
} from "./base_handler.ts";
export {
  ConsoleHandler,
  type ConsoleHandlerOptions,
} from "./console_handler.ts";
export { FileHandler, type FileHandlerOptions } from "./file_handler.ts";
export { jsonFormatter } from "./formatters.ts";
export {
  getLevelByName,
  getLevelName,
  type LevelName,
  type LogLevel,
  LogLevels,
} from "./levels.ts";
export { Logger } from "./logger.ts";
export { LogRecord, type LogRecordOptions } from "./log_record.ts";
export {
  getLogger,
  type LogConfig,
  type LoggerConfig,
  setup,
} from "./setup.ts";
