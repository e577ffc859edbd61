/** Credential files: containers-auth.json(5) and docker's config.json. */

import { DamagedFileError } from "../../errors/store_errors.ts";
import { toBytes, toText } from "../bytes.ts";
import {
  asObject,
  asString,
  asStringMap,
  type JsonObject,
  optional,
  parseJson,
  withoutValues,
} from "../json.ts";
import { findLineOfProblem } from "../json_line.ts";

/** Credentials for a registry. */
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
  /** Where it is, for errors. */
  readonly path: string;
  /** Whether it is a `~/.dockercfg`, whose keys are hosts and URLs. */
  readonly isLegacy: boolean;
  /** Keyed as written: `quay.io`, `quay.io/team`, `https://h/v1/`. */
  readonly auths: ReadonlyMap<string, AuthEntry>;
  /** Helper programs' suffixes by host. */
  readonly credHelpers: ReadonlyMap<string, string>;
  /** The helper for all other hosts. */
  readonly credsStore: string | undefined;
}

/** Credentials as they are written. */
export interface AuthEntry {
  /** `user:password` in Base64; empty if a helper keeps them. */
  readonly auth: string;
  /** Empty if there is none. */
  readonly identityToken: string;
}

/** Credentials, and the key that they stand under. */
export interface FoundEntry {
  readonly key: string;
  readonly credentials: Credentials;
}

/**
 * Parses a credential file.
 *
 * @param path Of the file, for errors.
 * @throws {DamagedFileError} If it is malformed; none of its values is shown.
 */
export function parseAuthFile(text: string, path: string): AuthFile {
  const what = `credential file "${path}"`;
  // ~/.dockercfg has the map at the top.
  const isLegacy = path.endsWith("/.dockercfg");
  return withPath(path, () => {
    const document = readDocument(text, what);
    const auths = isLegacy ? document : sectionOf(document, "auths", what);
    const helpers = isLegacy ? {} : sectionOf(document, "credHelpers", what);
    const store = isLegacy ? undefined : document["credsStore"];
    return {
      path,
      isLegacy,
      auths: readAuths(auths, what),
      credHelpers: new Map(
        Object.entries(asStringMap(helpers, `${what}, credHelpers`)),
      ),
      credsStore: optional(store, `${what}, credsStore`, asString),
    };
  });
}

/**
 * Reads the JSON of a credential file, with all that is in it.
 *
 * @throws {DamagedFileError} As {@linkcode parseAuthFile} does.
 */
export function parseAuthDocument(text: string, path: string): JsonObject {
  return withPath(
    path,
    () => readDocument(text, `credential file "${path}"`),
  );
}

/**
 * Finds the credentials for a repository: the longest key that fits wins.
 *
 * @param name Such as `quay.io/team/app`, or `quay.io`.
 * @throws {DamagedFileError} If what is there for it is not Base64.
 */
export function credentialsFor(
  file: AuthFile,
  name: string,
): FoundEntry | undefined {
  const host = registryOf(name);
  const start = file.isLegacy ? host : name;
  for (let key = start; key !== ""; key = parentOf(key)) {
    if (file.auths.has(key)) return readEntry(file, key);
  }
  for (const key of file.auths.keys()) {
    // Keys with a path are for that path only, unless they are URLs.
    const isHost = file.isLegacy || !key.includes("/") || isUrl(key);
    if (isHost && hostOf(key) === hostOf(host)) return readEntry(file, key);
  }
  return undefined;
}

/** The host that a key or a name is for; docker.io has three spellings. */
export function hostOf(key: string): string {
  const host = registryOf(key.replace(/^https?:\/\//, ""));
  const isHub = host === "registry-1.docker.io" || host === "index.docker.io";
  return isHub ? "docker.io" : host;
}

/** The part of a key or a name before its path, as written. */
export function registryOf(key: string): string {
  const [host = ""] = key.split("/");
  return host;
}

/** The text of an entry for a user, which Basic authentication has, too. */
export function encodeAuth(username: string, password: string): string {
  const bytes = toBytes(`${username}:${password}`);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** What {@linkcode encodeAuth} encoded; undefined if a text is not Base64. */
export function decodeAuth(text: string): string | undefined {
  try {
    const binary = atob(text);
    return toText(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
  } catch {
    return undefined; // the cause could show it
  }
}

/** Splits `user:password`, which docker pads with NULs; undefined without colon. */
export function splitLogin(
  text: string,
): { readonly username: string; readonly password: string } | undefined {
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  const username = text.slice(0, colon);
  return { username, password: text.slice(colon + 1).replace(/\0+$/, "") };
}

function withPath<T>(path: string, read: () => T): T {
  try {
    return withoutValues(read);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new DamagedFileError(error.message, { path });
  }
}

function readDocument(text: string, what: string): JsonObject {
  // An empty file is allowed.
  const json = text.trim() === "" ? "{}" : text;
  return optional(parse(json, what), what, asObject) ?? {};
}

function parse(text: string, what: string): unknown {
  try {
    return parseJson(text, what, { numbers: "as-written" });
  } catch (error) {
    // Only the line number: its text may be a secret.
    const isNoJson = error instanceof SyntaxError &&
      error.cause instanceof SyntaxError;
    if (!isNoJson) throw error;
    const line = findLineOfProblem(text);
    throw new SyntaxError(
      `Cannot read ${what}: line ${line} is not valid JSON; correct it, or ` +
        "move the file away and log in again",
    );
  }
}

function sectionOf(
  document: JsonObject,
  name: string,
  what: string,
): JsonObject {
  return optional(document[name], `${what}, ${name}`, asObject) ?? {};
}

function readAuths(
  auths: JsonObject,
  what: string,
): ReadonlyMap<string, AuthEntry> {
  return new Map(
    Object.entries(auths).map(([key, value]) => {
      const where = `${what}, "${key}"`;
      const entry = optional(value, where, asObject) ?? {};
      const auth = asSecret(entry["auth"], where);
      const identityToken = asSecret(entry["identitytoken"], where);
      return [key, { auth, identityToken }];
    }),
  );
}

/** A string that no message may show. */
function asSecret(value: unknown, what: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  throw new SyntaxError(`Cannot read ${what}: expected a string`);
}

function readEntry(file: AuthFile, key: string): FoundEntry | undefined {
  const { auth = "", identityToken = "" } = file.auths.get(key) ?? {};
  const decoded = decodeAuth(auth);
  if (decoded === undefined) {
    const { path } = file;
    throw new DamagedFileError(
      `Cannot read credential file "${path}": what is there for "${key}" is ` +
        "not Base64; log in once more, or remove it",
      { path },
    );
  }
  const login = splitLogin(decoded);
  // docker leaves empty entries where a helper keeps the credentials.
  if (login === undefined) return undefined;
  if (identityToken !== "") {
    const kind = "identity-token";
    const { username } = login;
    return { key, credentials: { kind, token: identityToken, username } };
  }
  return { key, credentials: { kind: "password", ...login } };
}

function isUrl(key: string): boolean {
  return /^https?:\/\//.test(key);
}

function parentOf(key: string): string {
  return key.slice(0, Math.max(key.lastIndexOf("/"), 0));
}
