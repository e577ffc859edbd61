/** The store that a command works on, and the log it writes. */

import { type Agent, openAgent } from "../engine/agent.ts";
import { UnsupportedStoreError } from "../errors/store_errors.ts";
import type { Call } from "./command.ts";
import { registryEnvironment } from "./input/read_env.ts";
import { type LogSink, openLog } from "./open_log.ts";

/** Ends with the command. */
export interface Session extends Disposable {
  readonly agent: Agent;
  readonly log: LogSink["log"];
}

/** Options of a command's session. */
export interface SessionOptions {
  /** How long to wait for other processes; for ever if omitted. */
  readonly lockTimeoutMs?: number | undefined;
  /** `"read"` also shows what is in a store that is damaged. */
  readonly purpose?: "read" | "write";
  /** `"make"` for what puts something into a store; others find it empty. */
  readonly ifMissing?: "make";
  /** The image of infra containers, instead of the embedded one. */
  readonly pauseImage?: string | undefined;
  /** `"changes"` for a long-lived process, which reads files of settings again. */
  readonly configuration?: "changes";
}

/** What is needed of a call, whatever its command. */
export type SessionCall = Pick<
  Call,
  "config" | "terminal" | "libc" | "path" | "openLogFile"
>;

/** Opens the store that the settings name. */
export function openSession(
  { config, terminal, libc, path, openLogFile }: SessionCall,
  { configuration, ...options }: SessionOptions = {},
): Session {
  const { root, runRoot, parts } = config;
  const sink = openLog(config, { terminal, openLogFile });
  if (libc === undefined) {
    sink.log(
      "warn",
      `no other tool may use "${root}" now: without libc, orlop's locks are ` +
        `not theirs`,
    );
  }
  const { refusal, warnings } = config.storageAdvice;
  if (refusal !== undefined) {
    sink[Symbol.dispose]();
    throw new UnsupportedStoreError(`Cannot use store "${root}": ${refusal}`);
  }
  for (const warning of warnings) sink.log("warn", warning);
  const environment = registryEnvironment((text) => sink.log("warn", text));
  const { readings: _readings, ...unread } = environment;
  const agent = openAgent({
    purpose: "write", // before it looks for what it is to change
    ifMissing: "leave", // a mistyped path must not become a store
    ...options,
    root,
    runRoot,
    libc,
    parts,
    caller: `orlop ${path.join(" ")}`,
    registries: configuration === "changes" ? unread : environment,
    log: sink.log,
  });
  const { log } = sink;
  return { agent, log, [Symbol.dispose]: () => sink[Symbol.dispose]() };
}
