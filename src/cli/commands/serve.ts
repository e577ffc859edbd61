/** `orlop serve`. */

import { serve } from "../../cri/serve.ts";
import type { ServeSettings } from "../../cri/serve_settings.ts";
import type { Call } from "../command.ts";
import type { Config } from "../input/config.ts";
import { readEnv } from "../input/read_env.ts";
import { serveSettings } from "../input/serve_settings.ts";
import { openSession } from "../open_session.ts";
import type { SERVE } from "../table/serve_command.ts";

/** Serves until a signal comes, which is no failure. */
export async function run(call: Call<typeof SERVE>): Promise<number> {
  const { flags, config, terminal, libc, signal } = call;
  const settings = serveSettings(flags, config.serve);
  using session = openSession(call, {
    ifMissing: "make",
    configuration: "changes",
  });
  await serve({
    agent: session.agent,
    libc,
    settings,
    environment: {
      socket: readEnv("NOTIFY_SOCKET"),
      watchdogMicroseconds: readEnv("WATCHDOG_USEC"),
      watchdogPid: readEnv("WATCHDOG_PID"),
    },
    log: session.log,
    signal,
    onReady() {
      if (!config.isQuiet) terminal.tell(welcome(settings, config));
    },
  });
  return 0;
}

/** Shown at any log level. */
function welcome(
  { listen }: ServeSettings,
  { logFormat }: Pick<Config, "logFormat">,
): string {
  const message = `Serving at unix://${listen}`;
  const time = new Date().toISOString();
  return logFormat === "json"
    ? JSON.stringify({ level: "info", time, message })
    : message;
}
