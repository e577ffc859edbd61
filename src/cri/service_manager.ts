/** Notifies systemd that this process is ready and alive: sd_notify(3). */

import type { LibcSockets } from "../process/libc_sockets.ts";

/** The service manager. Disposing notifies it of the end. */
export interface ServiceManager extends Disposable {
  /** Notifies that the service is ready, and from then on that it is alive. */
  ready(status: string): void;
}

/** The variables that systemd sets. */
export interface NotifyEnvironment {
  /** `NOTIFY_SOCKET`. */
  readonly socket: string | undefined;
  /** `WATCHDOG_USEC`: the watchdog's limit. */
  readonly watchdogMicroseconds: string | undefined;
  /** `WATCHDOG_PID`: the process that it applies to. */
  readonly watchdogPid: string | undefined;
}

/** Sends datagrams: libc with its sockets. */
export interface DatagramSender {
  readonly sockets: Pick<LibcSockets, "sendDatagram"> | undefined;
}

/** Connects to systemd; without it, notifications are dropped. */
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

/**
 * How often to notify the watchdog: half of its limit, in milliseconds, as
 * sd_watchdog_enabled(3) recommends; undefined if it is none of this process.
 */
export function watchdogInterval(
  { socket, watchdogMicroseconds, watchdogPid }: NotifyEnvironment,
): number | undefined {
  const isOurs = !watchdogPid || watchdogPid === String(Deno.pid);
  const microseconds = Number(watchdogMicroseconds);
  if (!socket || !isOurs || !(microseconds > 0)) return undefined;
  return Math.max(1, microseconds / 1000 / 2);
}
