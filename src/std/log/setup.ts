/** Configures logging for the whole program. */

import type { BaseHandler } from "./base_handler.ts";
import { ConsoleHandler } from "./console_handler.ts";
import type { LevelName } from "./levels.ts";
import { Logger } from "./logger.ts";

/** Handlers by name, and loggers that use them. */
export interface LogConfig {
  handlers?: Record<string, BaseHandler>;
  loggers?: Record<string, LoggerConfig>;
}

/** A logger's level and the names of its handlers. */
export interface LoggerConfig {
  level?: LevelName;
  handlers?: string[];
}

const DEFAULT_LEVEL = "INFO";
let handlers: ReadonlyMap<string, BaseHandler> = new Map();
const loggers = new Map<string, Logger>();

/** Sets handlers and loggers up, and destroys all previous ones. */
export function setup(config: LogConfig): void {
  for (const handler of handlers.values()) handler.destroy();
  handlers = new Map(Object.entries({
    default: new ConsoleHandler(DEFAULT_LEVEL),
    ...config.handlers,
  }));
  for (const handler of handlers.values()) handler.setup();
  loggers.clear();
  const configs: Record<string, LoggerConfig> = {
    default: { level: DEFAULT_LEVEL, handlers: ["default"] },
    ...config.loggers,
  };
  for (const [name, logger] of Object.entries(configs)) {
    const used = (logger.handlers ?? []).flatMap((handler) =>
      handlers.get(handler) ?? []
    );
    const level = logger.level ?? DEFAULT_LEVEL;
    loggers.set(name, new Logger(name, level, { handlers: used }));
  }
}

/** Finds a logger; one of a name that is not set up logs nothing. */
export function getLogger(name = "default"): Logger {
  const found = loggers.get(name || "default");
  if (found) return found;
  const logger = new Logger(name, "NOTSET");
  loggers.set(name, logger);
  return logger;
}

setup({});
