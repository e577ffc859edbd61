/** A client that asks for another protocol than HTTP. */

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** A request for an upgrade, as Node hands it on. */
export interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What the client has sent behind the request. */
  readonly head: Uint8Array;
}
