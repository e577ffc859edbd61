/** How severe messages are. */

/** The levels by name; a handler shows its own level and all above. */
export const LogLevels = {
  NOTSET: 0,
  DEBUG: 10,
  INFO: 20,
  WARN: 30,
  ERROR: 40,
  CRITICAL: 50,
} as const;

/** A level's name. */
export type LevelName = keyof typeof LogLevels;

/** A level's number. */
export type LogLevel = typeof LogLevels[LevelName];

/** @throws {Error} If there is no such level. */
export function getLevelByName(name: LevelName): LogLevel {
  const level = LogLevels[name];
  if (level !== undefined) return level;
  throw new Error(`Cannot get log level: no level named ${name}`);
}

/** @throws {Error} If there is no such level. */
export function getLevelName(level: LogLevel): LevelName {
  for (const name of LogLevelNames) {
    if (LogLevels[name] === level) return name;
  }
  throw new Error(`Cannot get log level: no name for level: ${level}`);
}

/** The levels' names, the least severe first. */
export const LogLevelNames: readonly LevelName[] = [
  "NOTSET",
  "DEBUG",
  "INFO",
  "WARN",
  "ERROR",
  "CRITICAL",
];
