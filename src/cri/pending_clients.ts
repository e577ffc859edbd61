/** Clients of ports on loopback: anybody on this machine may be one. */

import type { Duplex } from "node:stream";

/** Limits of {@linkcode PendingClients}. */
export interface PendingLimits {
  /** How many there may be: the oldest has to go for one more. */
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
   * Holds one more. Whoever floods a server throws out his own before others, as
   * these are done in a moment.
   */
  add(socket: Duplex): void {
    const { maxPending, headMs } = this.#limits;
    for (const oldest of this.#sockets.keys()) {
      if (this.#sockets.size < maxPending) break;
      this.release(oldest);
      oldest.destroy();
    }
    // Node looks after slow clients now and then only, and not at silent ones.
    this.#sockets.set(socket, setTimeout(() => socket.destroy(), headMs));
    socket.once("close", () => this.release(socket));
  }

  /** One is known to be welcome, or has gone. */
  release(socket: Duplex): void {
    clearTimeout(this.#sockets.get(socket));
    this.#sockets.delete(socket);
  }
}
