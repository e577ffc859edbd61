/** Credential files: containers-auth.json(5) and docker's config.json. */

import {
  asObject,
  asString,
  asStringMap,
  type JsonObject,
  optional,
  parseJson,
  withoutValues,
} from "../json.ts";

/** What proves to a registry who asks. */
export type Credentials =
  | {
    readonly kind: "password";
    readonly username: string;
    readonly password: string;
  }
  /** To be exchanged for access tokens by OAuth2. */
  | {
    readonly kind: "identity-token";
    readonly token: string;
    /** For services that know no OAuth2. */
    readonly username?: string;
  }
  /** Sent to the registry as it is. */
  | { readonly kind: "registry-token"; readonly token: string };

/** The content of a credential file. */
export interface AuthFile {
  /** Keyed as written: `quay.io`, `quay.io/team`, `https://h/v1/`. */
  readonly auths: ReadonlyMap<string, Credentials>;
  /** Helper programs' suffixes by host. */
  readonly credHelpers: ReadonlyMap<string, string>;
  /** The helper for all other hosts. */
  readonly credsStore: string | undefined;
}

/**
 * Parses a credential file.
 *
 * @param path Of the file, for errors.
 * @throws {SyntaxError} If the file is malformed; its content is not shown.
 */
export function parseAuthFile(text: string, path: string): AuthFile {
  return withoutValues(() => readAuthFile(text, path));
}

function readAuthFile(text: string, path: string): AuthFile {
  const what = `credential file "${path}"`;
  // Made empty by who wants none, or by `touch` for a mount.
  const json = text.trim() === "" ? "{}" : text;
  const document = optional(parseJson(json, what), what, asObject) ?? {};
  // ~/.dockercfg has the map at the top.
  const isLegacy = path.endsWith("/.dockercfg");
  const auths = isLegacy
    ? document
    : optional(document["auths"], `${what}, auths`, asObject) ?? {};
  const credHelpers = optional(
    document["credHelpers"],
    `${what}, credHelpers`,
    asStringMap,
  ) ?? {};
  return {
    auths: readAuths(auths, what),
    credHelpers: new Map(isLegacy ? [] : Object.entries(credHelpers)),
    credsStore: optional(
      document["credsStore"],
      `${what}, credsStore`,
      asString,
    ),
  };
}

/**
 * Finds the credentials for a repository: the longest key that fits wins.
 *
 * @param name Such as `quay.io/team/app`.
 */
export function credentialsFor(
  file: AuthFile,
  name: string,
): Credentials | undefined {
  for (let key = name; key !== ""; key = parentOf(key)) {
    const found = file.auths.get(key);
    if (found !== undefined) return found;
  }
  const host = hostOf(name);
  for (const [key, credentials] of file.auths) {
    // Keys with a path are for that path only, unless they are URLs.
    const isHost = !key.includes("/") || /^https?:\/\//.test(key);
    if (isHost && hostOf(key) === host) return credentials;
  }
  return undefined;
}

/** The host that a key or a name is for; docker.io has three spellings. */
export function hostOf(key: string): string {
  const [host = ""] = key.replace(/^https?:\/\//, "").split("/");
  const isHub = host === "registry-1.docker.io" || host === "index.docker.io";
  return isHub ? "docker.io" : host;
}

function readAuths(
  auths: JsonObject,
  what: string,
): ReadonlyMap<string, Credentials> {
  const found = new Map<string, Credentials>();
  for (const [key, value] of Object.entries(auths)) {
    const where = `${what}, "${key}"`;
    const entry = optional(value, where, asObject) ?? {};
    const credentials = readEntry(entry, where);
    if (credentials !== undefined) found.set(key, credentials);
  }
  return found;
}

function readEntry(entry: JsonObject, what: string): Credentials | undefined {
  const auth = asSecret(entry["auth"], what);
  const decoded = decodeBase64(auth);
  const colon = decoded.indexOf(":");
  if (colon < 0) return undefined;
  const username = decoded.slice(0, colon);
  const token = asSecret(entry["identitytoken"], what);
  if (token !== "") return { kind: "identity-token", token, username };
  return {
    kind: "password",
    username,
    // docker pads with NUL characters.
    password: decoded.slice(colon + 1).replace(/\0+$/, ""),
  };
}

/** A string that no message may show. */
function asSecret(value: unknown, what: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  throw new SyntaxError(`Cannot read ${what}: expected a string`);
}

function decodeBase64(text: string): string {
  try {
    const binary = atob(text);
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    return new TextDecoder().decode(bytes);
  } catch {
    // containers/image too takes an undecodable entry for none.
    return "";
  }
}

function parentOf(key: string): string {
  return key.slice(0, Math.max(key.lastIndexOf("/"), 0));
}
