/** Messages of what serves: each may say what it is about, a field a fact. */

import type { LogLevel } from "../engine/agent.ts";

/** What a message is about: `pod`, `container`, `method`, … */
export type LogFields = Readonly<Record<string, string | number>>;

/** Where messages go. */
export type ServeLog = (
  level: LogLevel,
  message: string,
  fields?: LogFields,
) => void;
