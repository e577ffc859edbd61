/** A failure on a way that leads through a proxy. */

import type { Proxy } from "./proxy_rules.ts";

/** Says which proxy; `cause` is what went wrong, there or behind it. */
export class ProxiedError extends Error {
  static {
    this.prototype.name = "ProxiedError";
  }
  /** Its login is not in any message. */
  readonly proxy: Proxy;

  constructor(proxy: Proxy, cause: unknown) {
    super(`Cannot send a request by proxy "${proxy.origin}"`, { cause });
    this.proxy = proxy;
  }
}
