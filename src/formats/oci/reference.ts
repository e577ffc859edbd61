/** Image references: the grammar of docker's distribution/reference. */

import { messageOf } from "../../errors/why.ts";
import { type Digest, parseDigest } from "./digest.ts";

/** A normalised image reference: `busybox` has become docker.io's. */
export interface Reference {
  /** The registry as written, with its port, such as `quay.io`. */
  readonly domain: string;
  /** The repository in the registry, such as `library/busybox`. */
  readonly path: string;
  /** Such as `1.36`. */
  readonly tag?: string;
  /** Takes precedence over the tag. */
  readonly digest?: Digest;
}

/** The full name of a stored image, as {@linkcode nameOf} writes it. */
export type ImageName = string & { readonly __brand: "ImageName" };

/** The parts of a reference, unchecked. */
export interface ReferenceParts {
  /** Without tag and digest. */
  readonly name: string;
  /** What follows the last colon. */
  readonly tag: string | undefined;
  /** What follows the `@`. */
  readonly digest: string | undefined;
}

// distribution/reference: NameTotalLengthMax; a tag has up to 128 characters.
const MAX_NAME_LENGTH = 255;
// The longest name, tag and digest (sha512), with ":" and "@".
const MAX_LENGTH = MAX_NAME_LENGTH + 1 + 128 + 1 + 135;
// Enough to recognise a reference by, in a message.
const MAX_SHOWN = 100;
const DEFAULT_DOMAIN = "docker.io";
const MAX_PORT = 65535;

/**
 * Parses and normalises a reference as docker and podman do: the domain is
 * `docker.io` unless one is named, and the tag `latest` unless there is a tag
 * or a digest.
 *
 * @param text Such as `busybox`, `quay.io/a/b:1` or `a/b@sha256:…`.
 * @throws {SyntaxError} If the text is no reference.
 * @example
 * ```ts
 * import { parseReference } from "orlop";
 * const { domain, path, tag } = parseReference("busybox:1.36");
 * console.log(domain, path, tag); // docker.io library/busybox 1.36
 * ```
 */
export function parseReference(text: string): Reference {
  // The length is checked first, so that the rest is fast.
  if (text.length > MAX_LENGTH) {
    throw malformed(text, `longer than ${MAX_LENGTH} characters`);
  }
  if (/^[0-9a-f]{64}$/.test(text)) {
    throw malformed(text, "64 hex digits are an image ID, not a name");
  }
  if (/^https?:\/\//i.test(text)) {
    const what = "it is a URL; leave out https:// and http://";
    throw malformed(
      text,
      hideLogin(text) === text
        ? what
        : `${what}, and use --creds for the login`,
    );
  }
  if (hideLogin(text) !== text) {
    throw malformed(text, "a name has no login in it; use --creds");
  }
  const { name, tag, digest } = splitReference(text);
  const { domain, path } = splitName(name);
  const problem = findDomainProblem(domain) ?? findPathProblem(path) ??
    findTagProblem(tag);
  if (problem !== undefined) throw malformed(text, problem);
  if (domain.length + 1 + path.length > MAX_NAME_LENGTH) {
    throw malformed(text, `name longer than ${MAX_NAME_LENGTH} characters`);
  }
  const checked = digest === undefined
    ? {}
    : { digest: asDigest(text, digest) };
  if (tag !== undefined) return { domain, path, tag, ...checked };
  return digest === undefined
    ? { domain, path, tag: "latest" }
    : { domain, path, ...checked };
}

/** The name without tag and digest, such as `docker.io/library/busybox`. */
export function repositoryOf({ domain, path }: Reference): string {
  return `${domain}/${path}`;
}

/**
 * The full name under which the store keeps an image: `domain/path:tag`, or
 * `domain/path@digest`, since a digest overrules a tag.
 *
 * @param reference From `parseReference()`.
 * @example
 * ```ts
 * import { nameOf, parseReference } from "orlop";
 * console.log(nameOf(parseReference("a/b"))); // docker.io/a/b:latest
 * ```
 */
export function nameOf(reference: Reference): ImageName {
  return repositoryOf(reference) + suffixOf(reference) as ImageName;
}

/** The short form for people: without `docker.io/` and `library/`. */
export function familiarName(reference: Reference): string {
  const { domain, path } = reference;
  const name = domain === DEFAULT_DOMAIN
    ? withoutLibrary(path)
    : repositoryOf(reference);
  return name + suffixOf(reference);
}

/**
 * Whether a name names no registry, so that aliases and the search list of
 * registries.conf decide which one is meant.
 */
export function isShortName(text: string): boolean {
  const slash = splitReference(text).name.indexOf("/");
  return slash < 0 || !looksLikeDomain(text.slice(0, slash));
}

/**
 * Parses the name of an image that comes from this machine: a short one is below
 * `localhost/`, as podman has it.
 *
 * @throws {SyntaxError} If it is malformed.
 */
export function parseLocalReference(text: string): Reference {
  return parseReference(isShortName(text) ? `localhost/${text}` : text);
}

/** Whether a text is a tag, and nothing more. */
export function isTag(text: string | undefined): text is string {
  return text !== undefined && /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(text);
}

/** Cuts `name[:tag][@digest]` apart; nothing is checked. */
export function splitReference(text: string): ReferenceParts {
  const at = text.indexOf("@");
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(":");
  // A colon before a slash belongs to a port.
  if (colon <= named.lastIndexOf("/")) {
    return { name: named, tag: undefined, digest };
  }
  return { name: named.slice(0, colon), tag: named.slice(colon + 1), digest };
}

function splitName(name: string): { domain: string; path: string } {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const isNamed = slash >= 0 && looksLikeDomain(first);
  const written = isNamed ? first : DEFAULT_DOMAIN;
  const domain = written === "index.docker.io" ? DEFAULT_DOMAIN : written;
  const path = isNamed ? name.slice(slash + 1) : name;
  const isOfficial = domain === DEFAULT_DOMAIN && !path.includes("/");
  return { domain, path: isOfficial ? `library/${path}` : path };
}

function looksLikeDomain(first: string): boolean {
  return first.includes(".") || first.includes(":") || first === "localhost";
}

function findDomainProblem(domain: string): string | undefined {
  const [host = "", port, ...more] = domain.split(":");
  if (host.startsWith("[")) return "IPv6 hosts are not supported";
  if (more.length > 0) return `registry "${showTyped(domain)}" has two ports`;
  if (!host.split(".").every(isLabel)) {
    return `registry "${showTyped(domain)}" is no host name`;
  }
  if (port === undefined) return undefined;
  const isPort = /^[0-9]{1,5}$/.test(port) && Number(port) <= MAX_PORT;
  return isPort
    ? undefined
    : `port "${showTyped(port)}" is not 0 to ${MAX_PORT}`;
}

function isLabel(label: string): boolean {
  return /^[A-Za-z0-9-]+$/.test(label) && !label.startsWith("-") &&
    !label.endsWith("-");
}

function findPathProblem(path: string): string | undefined {
  if (path === "library/") return "it has no name";
  if (/[A-Z]/.test(path)) return "repository name must be lowercase";
  const bad = path.split("/").find((component) => !isComponent(component));
  if (bad === undefined) return undefined;
  return bad === ""
    ? "empty path component"
    : `"${showTyped(bad)}" is no path component`;
}

/** Letters and digits, with one of `.`, `_`, `__` or dashes between them. */
function isComponent(component: string): boolean {
  const separators = component.split(/[a-z0-9]+/);
  const inner = separators.slice(1, -1);
  return separators.length > 1 && separators[0] === "" &&
    separators.at(-1) === "" && inner.every(isSeparator);
}

function isSeparator(text: string): boolean {
  return text === "." || text === "_" || text === "__" || /^-+$/.test(text);
}

function findTagProblem(tag: string | undefined): string | undefined {
  if (tag === undefined || isTag(tag)) return undefined;
  return `"${showTyped(tag)}" is no tag`;
}

function asDigest(text: string, digest: string): Digest {
  try {
    return parseDigest(digest);
  } catch (error) {
    const why = messageOf(error);
    // The digest is shown as part of the reference.
    throw malformed(text, `digest: ${why.slice(why.indexOf('": ') + 3)}`);
  }
}

function suffixOf({ tag, digest }: Reference): string {
  if (digest !== undefined) return `@${digest}`;
  return tag === undefined ? "" : `:${tag}`;
}

function withoutLibrary(path: string): string {
  const rest = path.slice("library/".length);
  return path.startsWith("library/") && !rest.includes("/") ? rest : path;
}

function malformed(text: string, why: string): SyntaxError {
  return new SyntaxError(`Cannot parse reference "${showTyped(text)}": ${why}`);
}

/**
 * A typed text as messages may show it: shortened, without control characters, and
 * without the login that people put into URLs.
 */
export function showTyped(text: string): string {
  const safe = hideLogin(text);
  const start = safe.length > MAX_SHOWN ? safe.slice(0, MAX_SHOWN) + "…" : safe;
  return start.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\uFFFD");
}

/** Takes `user:password@` away; a digest behind an `@` is none. */
function hideLogin(text: string): string {
  // What stands before the @ of a store in brackets is its driver.
  if (/^(containers-storage:)?\[/.test(text)) return text;
  const [scheme = ""] = /^([a-z-]+:)?\/\//i.exec(text) ?? [];
  const rest = text.slice(scheme.length);
  // Passwords in URLs often have a slash that should have been written %2f.
  const end = scheme === "" ? `${rest}/`.indexOf("/") : rest.length;
  const at = rest.lastIndexOf("@", end);
  const isDigest = /^(sha|md|blake)[a-z0-9]*:/.test(rest.slice(at + 1));
  const isLogin = scheme !== "" || rest.slice(0, at).includes(":");
  return at < 0 || isDigest || !isLogin
    ? text
    : `${scheme}***${rest.slice(at)}`;
}
