/** Tells systemd that this process is ready, and that it lives: sd_notify(3). */

import type { LibcSockets } from "../process/libc_sockets.ts";

/** Who started this process, if it wants to hear of it. Disposing says that it ends. */
export interface ServiceManager extends Disposable {
  /** Says that clients are answered from now on, and then that it goes on so. */
  ready(status: string): void;
}

/** The variables that systemd sets. */
export interface NotifyEnvironment {
  /** `NOTIFY_SOCKET`. */
  readonly socket: string | undefined;
  /** `WATCHDOG_USEC`: it ends who is silent for so long. */
  readonly watchdogMicroseconds: string | undefined;
  /** `WATCHDOG_PID`: whom that is about. */
  readonly watchdogPid: string | undefined;
}

/** Who sends what is to be told: libc, with its sockets. */
export interface DatagramSender {
  readonly sockets: Pick<LibcSockets, "sendDatagram"> | undefined;
}

/** Opens the way to systemd; what is told goes nowhere if there is none. */
export function openServiceManager(
  libc: DatagramSender | undefined,
  environment: NotifyEnvironment,
): ServiceManager {
  const { socket } = environment;
  const notify = (...lines: readonly string[]) => {
    if (socket) libc?.sockets?.sendDatagram(socket, lines.join("\n"));
  };
  let timer: ReturnType<typeof setInterval> | undefined;
  return {
    ready(status) {
      notify("READY=1", `STATUS=${status}`, `MAINPID=${Deno.pid}`);
      const intervalMs = watchdogInterval(environment);
      if (intervalMs === undefined) return;
      timer = setInterval(() => notify("WATCHDOG=1"), intervalMs);
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      notify("STOPPING=1", "STATUS=ending");
    },
  };
}

/** Half of what systemd waits, as it advises: sd_watchdog_enabled(3). */
function watchdogInterval(
  { socket, watchdogMicroseconds, watchdogPid }: NotifyEnvironment,
): number | undefined {
  const isOurs = !watchdogPid || watchdogPid === String(Deno.pid);
  const microseconds = Number(watchdogMicroseconds);
  if (!socket || !isOurs || !(microseconds > 0)) return undefined;
  return Math.max(1, microseconds / 1000 / 2);
}
