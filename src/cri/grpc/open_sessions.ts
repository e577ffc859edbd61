/** The connections of a server; abandoned ones are closed. */

import type { Http2Session, ServerHttp2Stream } from "node:http2";
import { deferEnd } from "./defer_end.ts";

// A kubelet has two. Others forget theirs: critest opens one for each test.
const MAX_SESSIONS = 200;

/**
 * The open sessions; if there are too many, the one that was idle for longest is
 * closed.
 */
export class OpenSessions {
  /**
   * The number of running calls of each, the one that was idle for longest first.
   */
  readonly #calls = new Map<Http2Session, number>();

  /** Adds a session, until it is closed. */
  add(session: Http2Session): void {
    deferEnd(session);
    this.#calls.set(session, 0);
    // A broken connection ends its streams, and these end their calls.
    session.on("error", () => {});
    session.on("close", () => this.#calls.delete(session));
    session.on("stream", (stream) => this.#count(session, stream));
    if (this.#calls.size > MAX_SESSIONS) this.#closeSilent();
  }

  /** Ends them all, whatever they do. */
  destroyAll(): void {
    for (const session of this.#calls.keys()) session.destroy();
  }

  #count(session: Http2Session, stream: ServerHttp2Stream): void {
    this.#add(session, 1);
    stream.once("close", () => this.#add(session, -1));
  }

  #add(session: Http2Session, count: number): void {
    const calls = this.#calls.get(session);
    if (calls === undefined) return;
    this.#calls.delete(session); // moved to the end of the order
    this.#calls.set(session, calls + count);
  }

  /** By GOAWAY: a client that still needs it connects again. */
  #closeSilent(): void {
    for (const [session, calls] of this.#calls) {
      if (calls > 0) continue;
      this.#calls.delete(session);
      session.close();
      return;
    }
  }
}
