/** References with a transport, such as `oci:DIR:TAG`: containers/image. */

import { type Digest, isDigest } from "./digest.ts";
import {
  parseReference,
  type Reference,
  showTyped,
  splitReference,
} from "./reference.ts";

/** What a text such as `docker://busybox` or `oci:DIR:TAG` names. */
export type TransportReference =
  | RegistryReference
  | StoreReference
  | LayoutReference
  | DockerArchiveReference
  | DirectoryReference
  | DaemonReference;

/** `docker://NAME`: an image in a registry. */
export interface RegistryReference {
  /** A registry. */
  readonly transport: "docker";
  /** The image in it. */
  readonly reference: Reference;
}

/** `containers-storage:[driver@root+runroot:option]NAME@ID`: in a store. */
export interface StoreReference {
  /** A store. */
  readonly transport: "containers-storage";
  /** Omitted if only an ID is given. */
  readonly reference?: Reference;
  /** An image ID, or at least three digits of its beginning. */
  readonly imageId?: string;
  /** The store that is meant, if the text says. */
  readonly store?: StoreLocation;
}

/** What stands in the brackets of a store reference. */
export interface StoreLocation {
  /** Such as `overlay`. */
  readonly driver?: string;
  /** Absolute, as the run root is. */
  readonly root?: string;
  /** Absolute. */
  readonly runRoot?: string;
  /** Options of the driver. */
  readonly options: readonly string[];
}

/** `oci:PATH[:REF]` or `oci-archive:PATH[:REF]`. */
export interface LayoutReference {
  /** An OCI layout: a folder, or a tar of one. */
  readonly transport: "oci" | "oci-archive";
  /** As written: absolute or relative. */
  readonly path: string;
  /** The annotation `org.opencontainers.image.ref.name` that is meant. */
  readonly ref?: string;
  /** The position in the index that is meant. */
  readonly index?: number;
}

/** `docker-archive:PATH[:NAME]`: what `docker save` writes. */
export interface DockerArchiveReference {
  /** A tar of `docker save`. */
  readonly transport: "docker-archive";
  /** As written: absolute or relative. */
  readonly path: string;
  /** The image that is meant, by name. */
  readonly reference?: Reference;
  /** The position in the archive that is meant. */
  readonly index?: number;
}

/** `dir:PATH`: a flat folder of blobs. */
export interface DirectoryReference {
  /** A flat folder. */
  readonly transport: "dir";
  /** As written: absolute or relative. */
  readonly path: string;
}

/** `docker-daemon:NAME` or `docker-daemon:ID`. */
export interface DaemonReference {
  /** A Docker daemon's store. */
  readonly transport: "docker-daemon";
  /** The image that is meant, by name. */
  readonly reference?: Reference;
  /** The image that is meant, by its ID. */
  readonly imageId?: Digest;
}

// PATH_MAX of Linux is 4096 bytes; a name and a bracket may come with it.
const MAX_LENGTH = 3 * 4096;
// containers/image takes at least three digits for the beginning of an ID.
const ID_PATTERN = /^[0-9a-f]{3,64}$/;
const FULL_ID_PATTERN = /^[0-9a-f]{64}$/;

/**
 * Parses a reference that names its transport.
 *
 * @param text Such as `docker://quay.io/a/b:1` or `oci:/srv/layout:1`.
 * @throws {SyntaxError} If the transport is unknown or its rules are broken.
 */
export function parseTransportReference(text: string): TransportReference {
  const colon = text.indexOf(":");
  if (text.length > MAX_LENGTH || text.includes("\0")) {
    throw malformed(text, "too long, or with a NUL character");
  }
  if (colon < 0) throw malformed(text, "expected transport:reference");
  const transport = text.slice(0, colon);
  const rest = text.slice(colon + 1);
  switch (transport) {
    case "docker":
      return parseRegistryReference(text, rest);
    case "containers-storage":
      return parseStoreReference(rest);
    case "oci":
    case "oci-archive":
      return parseLayoutReference(text, { transport, rest });
    case "docker-archive":
      return parseDockerArchive(text, rest);
    case "dir":
      return { transport, path: asPath(text, rest) };
    case "docker-daemon":
      return parseDaemonReference(text, rest);
    default:
      throw malformed(text, `unknown transport "${showTyped(transport)}"`);
  }
}

/** Whether a text begins with a transport that orlop knows. */
export function hasTransport(text: string): boolean {
  return /^(docker:\/\/|(containers-storage|oci|oci-archive|docker-archive|dir|docker-daemon):(?!\d+(\/|$)))/
    .test(text);
}

/**
 * Parses what follows `containers-storage:`.
 *
 * @param text Such as `busybox`, `@ID`, `[overlay@/srv/s+/run/s]busybox`.
 * @throws {SyntaxError} If the text names no image.
 */
export function parseStoreReference(text: string): StoreReference {
  const transport = "containers-storage";
  const { store, rest } = splitStore(text);
  const at = rest.lastIndexOf("@");
  const tail = rest.slice(at + 1);
  const located = store === undefined ? {} : { store };
  if (at < 0 && FULL_ID_PATTERN.test(rest)) {
    return { transport, imageId: rest, ...located };
  }
  if (at < 0 || isDigest(tail)) {
    return { transport, reference: parseReference(rest), ...located };
  }
  if (!ID_PATTERN.test(tail)) {
    throw malformed(text, `"${showTyped(tail)}" is neither a digest nor an ID`);
  }
  if (at === 0) return { transport, imageId: tail, ...located };
  const reference = parseReference(rest.slice(0, at));
  return { transport, reference, imageId: tail, ...located };
}

function splitStore(text: string): { store?: StoreLocation; rest: string } {
  if (!text.startsWith("[")) return { rest: text };
  const end = text.indexOf("]");
  if (end < 0) throw malformed(text, `"[" without "]"`);
  const inner = text.slice(1, end);
  // Options come after the first colon: roots cannot hold one.
  const colon = inner.indexOf(":");
  const place = colon < 0 ? inner : inner.slice(0, colon);
  const options = colon < 0 ? [] : inner.slice(colon + 1).split(",");
  const at = place.indexOf("@");
  const driver = at < 0 ? "" : place.slice(0, at);
  const [root = "", runRoot, ...more] = place.slice(at + 1).split("+");
  const paths = runRoot === undefined ? [root] : [root, runRoot];
  if (more.length > 0 || !paths.every((path) => path.startsWith("/"))) {
    throw malformed(text, "expected [driver@/root+/runroot:options]");
  }
  const store = {
    options,
    root,
    ...(driver === "" ? {} : { driver }),
    ...(runRoot === undefined ? {} : { runRoot }),
  };
  return { store, rest: text.slice(end + 1) };
}

function parseRegistryReference(
  text: string,
  rest: string,
): RegistryReference {
  if (!rest.startsWith("//")) throw malformed(text, `expected docker://NAME`);
  return { transport: "docker", reference: parseReference(rest.slice(2)) };
}

function parseLayoutReference(
  text: string,
  { transport, rest }: { transport: "oci" | "oci-archive"; rest: string },
): LayoutReference {
  const [path, name] = splitPath(text, rest);
  if (name === undefined || name === "") return { transport, path };
  const index = parseIndex(text, name);
  if (index !== undefined) return { transport, path, index };
  if (!isRefName(name)) {
    throw malformed(text, `"${showTyped(name)}" is no ref name`);
  }
  return { transport, path, ref: name };
}

/** OCI image-spec, annotations.md, "org.opencontainers.image.ref.name". */
function isRefName(name: string): boolean {
  return name.split("/").every((component) => {
    const separators = component.split(/[A-Za-z0-9]+/);
    const inner = separators.slice(1, -1);
    return separators.length > 1 && separators[0] === "" &&
      separators.at(-1) === "" &&
      inner.every((text) => text === "--" || /^[-._:@+]$/.test(text));
  });
}

function parseDockerArchive(
  text: string,
  rest: string,
): DockerArchiveReference {
  const transport = "docker-archive";
  const [path, name] = splitPath(text, rest);
  if (name === undefined || name === "") return { transport, path };
  const index = parseIndex(text, name);
  if (index !== undefined) return { transport, path, index };
  const reference = parseReference(name);
  if (reference.digest === undefined) return { transport, path, reference };
  throw malformed(text, "a docker archive knows no digests");
}

function parseDaemonReference(text: string, rest: string): DaemonReference {
  const transport = "docker-daemon";
  if (isDigest(rest)) return { transport, imageId: rest };
  const { tag, digest } = splitReference(rest);
  if (tag === undefined && digest === undefined) {
    throw malformed(text, "expected NAME:TAG or an ID with its algorithm");
  }
  return { transport, reference: parseReference(rest) };
}

function splitPath(
  text: string,
  rest: string,
): readonly [path: string, name?: string] {
  const colon = rest.indexOf(":");
  if (colon < 0) return [asPath(text, rest)];
  return [asPath(text, rest.slice(0, colon)), rest.slice(colon + 1)];
}

function asPath(text: string, path: string): string {
  if (path === "") throw malformed(text, "it has no path");
  return path;
}

/** `@INDEX`, the position of an image in its container. */
function parseIndex(text: string, name: string): number | undefined {
  if (!name.startsWith("@")) return undefined;
  if (/^@[0-9]{1,6}$/.test(name)) return Number(name.slice(1));
  throw malformed(text, `"${showTyped(name)}" is no position`);
}

function malformed(text: string, why: string): SyntaxError {
  return new SyntaxError(`Cannot parse reference "${showTyped(text)}": ${why}`);
}
