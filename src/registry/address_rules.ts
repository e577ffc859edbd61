/** Which addresses a server may send us to. */

/**
 * Whether a host is this machine: `localhost`, or an address that leads to it
 * as a loopback one does. `URL` has normalised it.
 */
export function isLoopback(hostname: string): boolean {
  return /^(.+\.)?localhost\.?$/.test(hostname) ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname) || hostname === "0.0.0.0" ||
    /^\[(::|::1|::ffff:(7f[0-9a-f]{2}:[0-9a-f]+|0:0))\]$/.test(hostname);
}

/**
 * Whether a host is an address that only our own network can mean: loopback,
 * link-local (cloud metadata), or private. `URL` has normalised it.
 */
export function isInternal(hostname: string): boolean {
  return isLoopback(hostname) || isLinkLocal(hostname) ||
    /^10\.\d+\.\d+\.\d+$/.test(hostname) ||
    /^192\.168\.\d+\.\d+$/.test(hostname) ||
    /^172\.(1[6-9]|2\d|3[01])\.\d+\.\d+$/.test(hostname) ||
    /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+$/.test(hostname) ||
    /^\[(f[cd]|::ffff:)/.test(hostname);
}

/** Whether a host is a link-local address, such as 169.254.169.254. */
export function isLinkLocal(hostname: string): boolean {
  return /^169\.254\.\d+\.\d+$/.test(hostname) ||
    /^\[fe[89ab]/.test(hostname) || /^\[::ffff:a9fe:/.test(hostname);
}

/** Why a redirect must not be followed; undefined if it may be. */
export function findRedirectProblem(from: URL, to: URL): string | undefined {
  if (to.protocol !== "https:" && to.protocol !== "http:") return "scheme";
  if (from.protocol === "https:" && to.protocol === "http:") {
    return "downgrade from https";
  }
  if (isLinkLocal(to.hostname)) return "link-local address";
  if (isLoopback(to.hostname) && !isLoopback(from.hostname)) {
    return "loopback address";
  }
  return undefined;
}

/**
 * Why a token service must not get credentials; undefined if it may. The
 * registry, or whoever poses as it, chooses that address.
 */
export function findRealmProblem(
  realm: URL,
  registry: URL,
): string | undefined {
  if (realm.protocol !== "https:" && realm.protocol !== "http:") {
    return "neither https nor http";
  }
  if (realm.protocol === "http:" && registry.protocol !== "http:") {
    return "plain http, but the registry has https";
  }
  if (realm.username !== "" || realm.password !== "") return "has a user name";
  const isOwn = realm.hostname === registry.hostname;
  return isInternal(realm.hostname) && !isOwn ? "internal address" : undefined;
}
