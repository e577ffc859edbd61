/** Descriptors in JSON: OCI image-spec v1.1, descriptor.md. */

import { messageOf } from "../../errors/why.ts";
import {
  asInteger,
  asObject,
  asSize,
  asString,
  asStringMap,
  asStrings,
  type JsonObject,
  optional,
  refuseCaseVariants,
} from "../json.ts";
import type { Descriptor, Platform } from "./descriptor.ts";
import { type Digest, parseDigest } from "./digest.ts";

const DESCRIPTOR_KEYS = [
  "mediaType",
  "digest",
  "size",
  "urls",
  "annotations",
  "data",
  "artifactType",
  "platform",
];
const PLATFORM_KEYS = [
  ...["os", "architecture", "variant", "os.version", "os.features", "features"],
];

/** An entry of an index that orlop cannot use. */
export interface UnusableEntry {
  /** What it is for, if that can be told. */
  readonly platform?: Platform;
  /** What is wrong with it. */
  readonly problem: string;
}

/**
 * Reads a descriptor.
 *
 * @param what What is being read, for errors.
 * @throws {SyntaxError} If it is none.
 */
export function asDescriptor(value: unknown, what: string): Descriptor {
  const object = asObject(value, what);
  const rest = readOptional(object, what);
  return {
    mediaType: asString(object["mediaType"], `${what}.mediaType`),
    digest: asDigest(object["digest"], `${what}.digest`),
    size: asSize(object["size"], `${what}.size`),
    ...rest,
  };
}

/**
 * Reads an entry of an index. One with another algorithm's digest, or a negative
 * size, is skipped, and must not block the others; an entry that Go's tools cannot
 * parse is an error, as it would hide the whole index from them.
 *
 * @throws {SyntaxError} If they could not read it.
 */
export function asIndexEntry(
  value: unknown,
  what: string,
): Descriptor | UnusableEntry {
  const object = asObject(value, what);
  const { platform } = readOptional(object, what);
  optional(object["mediaType"], `${what}.mediaType`, asString);
  optional(object["digest"], `${what}.digest`, asString);
  optional(object["size"], `${what}.size`, asInteger);
  try {
    return asDescriptor(value, what);
  } catch (error) {
    const problem = messageOf(error);
    return { problem, ...(platform === undefined ? {} : { platform }) };
  }
}

/** What a descriptor need not have. */
function readOptional(
  object: JsonObject,
  what: string,
): Omit<Descriptor, "mediaType" | "digest" | "size"> {
  refuseCaseVariants(object, what, DESCRIPTOR_KEYS);
  const urls = read("urls", asStrings);
  const annotations = read("annotations", asStringMap);
  const platform = read("platform", asPlatform);
  const artifactType = read("artifactType", asString);
  read("data", asBase64);
  return {
    ...(urls === undefined ? {} : { urls }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(platform === undefined ? {} : { platform }),
    ...(artifactType === undefined ? {} : { artifactType }),
  };

  function read<T>(
    key: string,
    as: (value: unknown, what: string) => T,
  ): T | undefined {
    return optional(object[key], `${what}.${key}`, as);
  }
}

/** Takes a value for a digest. @throws {SyntaxError} If it is none. */
export function asDigest(value: unknown, what: string): Digest {
  const text = asString(value, what);
  try {
    return parseDigest(text);
  } catch (cause) {
    const why = messageOf(cause);
    throw new SyntaxError(`Cannot read ${what}: ${why}`, { cause });
  }
}

function asPlatform(value: unknown, what: string): Platform {
  const object = asObject(value, what);
  refuseCaseVariants(object, what, PLATFORM_KEYS);
  for (const key of ["os.features", "features"]) {
    optional(object[key], `${what}.${key}`, asStrings);
  }
  read("os.version");
  const variant = read("variant");
  return {
    os: read("os") ?? "",
    architecture: read("architecture") ?? "",
    ...(variant === undefined ? {} : { variant }),
  };

  function read(key: string): string | undefined {
    return optional(object[key], `${what}.${key}`, asString);
  }
}

function asBase64(value: unknown, what: string): string {
  const text = asString(value, what);
  const packed = text.replace(/[\r\n]/g, "");
  const isWhole = packed.length % 4 === 0;
  if (isWhole && /^[A-Za-z0-9+/]*={0,2}$/.test(packed)) return text;
  throw new SyntaxError(`Cannot read ${what}: it is no Base64`);
}
