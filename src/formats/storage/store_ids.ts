/**
 * The IDs of objects in a store, with a type for each kind: all are valid file
 * names.
 */

import { byteLengthOf } from "../bytes.ts";
import { type Digest, hexOf } from "../oci/digest.ts";
import { findIdProblem } from "./container_names.ts";

/** The ID of a layer: of an image's, made from digests; else random. */
export type LayerId = string & { readonly __brand: "LayerId" };

/** The ID of an image: the digest of its config, without `sha256:`. */
export type ImageId = string & { readonly __brand: "ImageId" };

/** The ID of a container, and of the pod that an infra container makes. */
export type ContainerId = string & { readonly __brand: "ContainerId" };

/** The minimum length of a prefix of an ID. */
export const MIN_ID_PREFIX = 3;

// Longer values are cut in messages.
const MAX_SHOWN = 80;
// Linux: NAME_MAX.
const MAX_FILE_NAME_BYTES = 255;

/**
 * Parses a layer's ID as orlop makes them.
 *
 * @throws {SyntaxError} Unless it is of 64 lower-case hex digits.
 */
export function parseLayerId(text: string): LayerId {
  checkHex("layer", text);
  return text as LayerId;
}

/**
 * Parses an image's full ID.
 *
 * @throws {SyntaxError} Unless it is of 64 lower-case hex digits.
 */
export function parseImageId(text: string): ImageId {
  checkHex("image", text);
  return text as ImageId;
}

/**
 * Parses a container's ID, which need not be hex.
 *
 * @throws {SyntaxError} If it breaks the grammar of names.
 */
export function parseContainerId(text: string): ContainerId {
  const problem = findIdProblem(text);
  if (problem !== undefined) throw malformed("container", text, problem);
  return text as ContainerId;
}

/** The IDs of containers among file names; other names are ignored. */
export function containerIdsIn(
  names: Iterable<string>,
): readonly ContainerId[] {
  return [...names].filter((name): name is ContainerId =>
    findIdProblem(name) === undefined
  );
}

/** The ID of a layer that is known by a digest. */
export function layerIdOf(digest: Digest): LayerId {
  return hexOf(digest) as LayerId;
}

/** The ID of the image with this config. */
export function imageIdOf(config: Digest): ImageId {
  return hexOf(config) as ImageId;
}

/**
 * Accepts an ID of a record: other tools may let users choose it.
 *
 * @throws {SyntaxError} If it cannot be the name of a file.
 */
export function parseRecordId<Id extends LayerId | ImageId | ContainerId>(
  text: string,
): Id {
  if (isFileName(text)) return text as Id;
  throw malformed("record", text, "it cannot be the name of a file");
}

/** Whether a directory can have an entry of this name, and only that. */
export function isFileName(text: unknown): text is string {
  if (typeof text !== "string") return false;
  if (/^[0-9a-f]{64}$/.test(text)) return true; // what nearly all are
  return text !== "" && text !== "." && text !== ".." &&
    !/[/\p{Cc}]/u.test(text) &&
    byteLengthOf(text) <= MAX_FILE_NAME_BYTES;
}

function checkHex(kind: string, text: string): void {
  if (/^[0-9a-f]{64}$/.test(text)) return;
  throw malformed(kind, text, "expected 64 lower-case hex digits");
}

function malformed(kind: string, text: string, why: string): SyntaxError {
  const shown = JSON.stringify(text.slice(0, MAX_SHOWN));
  return new SyntaxError(`Cannot parse ${kind} ID ${shown}: ${why}`);
}
