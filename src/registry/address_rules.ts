/**
 * Rules for URLs that a server chooses: redirects, token realms, and the `urls` of
 * layers. A URL must be http or https, never http after https, without a user name,
 * and must not lead to this machine, the local link, or a cloud's metadata service,
 * unless the server itself is there. Names are resolved for this. (A name may
 * change between this check and the connection; then only a GET without a login is
 * sent, and digests decide what is accepted.)
 *
 * A login is for one scheme, host and port. Only token services get the login of
 * another host: docker.io's is on auth.docker.io. They get it only by https, on any
 * host and port; containers/image and containerd send it anywhere.
 */

import { type Place, placeOfAddress } from "./ip_address.ts";

// Destinations that only servers in the same place may choose.
const NEAR: readonly Place[] = ["loopback", "link-local", "metadata"];

// The length of an address in messages.
const MAX_SHOWN = 200;

/** Whether a host is this machine. `URL` has normalised it. */
export function isLoopback(hostname: string): boolean {
  return placeOf(hostname) === "loopback";
}

/** A URL that was refused, for messages. Its query may presign it, as a secret. */
export function showAddress({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`.slice(0, MAX_SHOWN);
}

/** Why a server must not choose a URL; undefined if it may. */
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

/** Problems of the URL itself. */
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

/** Problems of the resolved addresses. */
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
