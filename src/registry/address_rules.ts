/**
 * Where a server may send us: by redirects, realms of tokens, and the `urls` of
 * layers. It must be http or https, never http after https, without a user name,
 * and not on this machine, on our wire, or a cloud's metadata service, unless the
 * server that says so is there itself. Names count as what they resolve to. (A name
 * may change between this look and the connection; all that is sent to it then is a
 * GET without a login, and digests decide what is taken.)
 *
 * A login is for one scheme, host and port. Only what a token service is for, to
 * take passwords of other hosts, goes further: docker.io's is on auth.docker.io. It
 * gets them by https alone, whatever its host and port; containers/image and
 * containerd send them anywhere.
 */

import { type Place, placeOfAddress } from "./ip_address.ts";

// Places where only those may send us who are there.
const NEAR: readonly Place[] = ["loopback", "link-local", "metadata"];

// Enough of an address to know whose it is.
const MAX_SHOWN = 200;

/** Whether a host is this machine. `URL` has normalised it. */
export function isLoopback(hostname: string): boolean {
  return placeOf(hostname) === "loopback";
}

/** A URL that was refused, for messages. Its query may presign it, as a secret. */
export function showAddress({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`.slice(0, MAX_SHOWN);
}

/** Why a server must not send us to a URL; undefined if it may. */
export async function findAddressProblem(
  to: URL,
  from: URL,
): Promise<string | undefined> {
  return findUrlProblem(to, from) ?? await findNameProblem(to, from);
}

/**
 * Why a token service must not be asked; undefined if it may. The registry, or
 * whoever poses as it, chooses that address.
 *
 * @param login Whether a password, or what is as good, is sent to it.
 */
export async function findRealmProblem(
  realm: URL,
  registry: URL,
  { login }: { readonly login: "secret" | "none" },
): Promise<string | undefined> {
  const isOwn = realm.hostname === registry.hostname;
  const isInternal = placeOf(realm.hostname) !== "public";
  const isOpen = realm.protocol === "http:" && realm.origin !== registry.origin;
  if (!isHttp(realm)) return "neither https nor http";
  if (registry.protocol === "https:" && realm.protocol === "http:") {
    return "plain http, but the registry has https";
  }
  return findUrlProblem(realm, registry) ??
    (isInternal && !isOwn ? "internal address" : undefined) ??
    (isOpen && login === "secret"
      ? "plain http, to another host or port than the registry's: no " +
        "password is sent there"
      : undefined) ??
    await findNameProblem(realm, registry);
}

/** What can be told from the URL itself. */
function findUrlProblem(to: URL, from: URL): string | undefined {
  if (!isHttp(to)) return "scheme";
  if (from.protocol === "https:" && to.protocol === "http:") {
    return "downgrade from https";
  }
  if (to.username !== "" || to.password !== "") return "has a user name";
  const place = placeOf(to.hostname);
  const isNear = NEAR.includes(place) && place !== placeOf(from.hostname);
  return isNear ? `${place} address` : undefined;
}

function isHttp({ protocol }: URL): boolean {
  return protocol === "https:" || protocol === "http:";
}

/** What only the resolver can tell. */
async function findNameProblem(
  to: URL,
  from: URL,
): Promise<string | undefined> {
  if (to.hostname === from.hostname) return undefined;
  const near = (await resolvePlaces(to.hostname))
    .filter((place) => NEAR.includes(place));
  if (near.length === 0) return undefined;
  const own = await resolvePlaces(from.hostname);
  const strange = near.find((place) => !own.includes(place));
  return strange === undefined
    ? undefined
    : `its name resolves to a ${strange} address`;
}

async function resolvePlaces(hostname: string): Promise<readonly Place[]> {
  if (placeOfAddress(hostname) !== undefined) return [placeOf(hostname)];
  // Loaded when it is needed: node's modules slow down every start.
  const { lookup } = await import("node:dns/promises");
  try {
    const found = await lookup(hostname, { all: true });
    return found.map(({ address }) => placeOf(address));
  } catch {
    // No resolver, or a proxy has another one: the connection tells why.
    return [];
  }
}

function placeOf(hostname: string): Place {
  if (/^(.+\.)?localhost\.?$/.test(hostname)) return "loopback";
  return placeOfAddress(hostname) ?? "public";
}
