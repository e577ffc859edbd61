/** Content digests: OCI image-spec v1.1, descriptor.md, "Digests". */

/** A proven-well-formed digest such as `sha256:<64 lower-case hex>`. */
export type Digest = string & { readonly __brand: "Digest" };

const HEX_LENGTHS: ReadonlyMap<string, number> = new Map([
  ["sha256", 64],
  ["sha384", 96],
  ["sha512", 128],
]);
// Longer than any digest: keeps a megabyte of nonsense out of messages.
const MAX_SHOWN = 150;

/**
 * Parses a digest. Only what passes here may become a file name.
 *
 * @param text Such as `sha256:9f86d081…`.
 * @throws {SyntaxError} If the algorithm or the encoding is not supported.
 * @example
 * ```ts
 * import { type Digest, digestOf, parseDigest } from "orlop";
 * const digest: Digest = parseDigest(`sha256:${"0".repeat(64)}`);
 * console.log(digest === digestOf("")); // false
 * ```
 */
export function parseDigest(text: string): Digest {
  const problem = findProblem(text);
  if (problem === undefined) return text as Digest;
  throw new SyntaxError(
    `Cannot parse digest "${text.slice(0, MAX_SHOWN)}": ${problem}`,
  );
}

/** Whether a text is a digest that {@linkcode parseDigest} accepts. */
export function isDigest(text: string): text is Digest {
  return findProblem(text) === undefined;
}

/** The part of a digest before its colon, such as `sha256`. */
export function algorithmOf(digest: Digest): string {
  return digest.slice(0, digest.indexOf(":"));
}

/** The part of a digest after its colon. */
export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(":") + 1);
}

function findProblem(text: string): string | undefined {
  const colon = text.indexOf(":");
  if (colon < 1) return "expected <algorithm>:<hex>";
  const algorithm = text.slice(0, colon);
  const length = HEX_LENGTHS.get(algorithm);
  if (length === undefined) {
    return `algorithm "${algorithm.slice(0, 32)}" is not supported`;
  }
  const hex = text.slice(colon + 1);
  if (hex.length === length && /^[0-9a-f]*$/.test(hex)) return undefined;
  return `${algorithm} needs ${length} lower-case hex digits`;
}
