/**
 * Unauthenticated clients of ports on loopback: any user of this machine can
 * connect.
 */

import type { Duplex } from "node:stream";

/** Limits of {@linkcode PendingClients}. */
export interface PendingLimits {
  /** The maximum: the oldest is closed for a new one. */
  readonly maxPending: number;
  /** How long one may stay, in milliseconds, until it is released. */
  readonly headMs: number;
}

/** Holds their connections, few of them and not for long. */
export class PendingClients {
  readonly #limits: PendingLimits;
  /** With the timers of their ends, oldest first. */
  readonly #sockets = new Map<Duplex, ReturnType<typeof setTimeout>>();

  /** Holds none yet. */
  constructor(limits: PendingLimits) {
    this.#limits = limits;
  }

  /**
   * Adds a connection. A flooding client mostly closes its own connections, as
   * others are pending only for a moment.
   */
  add(socket: Duplex): void {
    const { maxPending, headMs } = this.#limits;
    for (const oldest of this.#sockets.keys()) {
      if (this.#sockets.size < maxPending) break;
      this.release(oldest);
      oldest.destroy();
    }
    // Node checks slow clients only from time to time, and silent ones never.
    this.#sockets.set(socket, setTimeout(() => socket.destroy(), headMs));
    socket.once("close", () => this.release(socket));
  }

  /** A client has authenticated, or has gone. */
  release(socket: Duplex): void {
    clearTimeout(this.#sockets.get(socket));
    this.#sockets.delete(socket);
  }
}
