/** JSON as Go writes it, so that the same document has the same digest. */

/**
 * Writes a value as Go's `json.Marshal` does: compact, in the order of the members,
 * with what HTML gives a meaning to escaped. Members that are undefined are left
 * out.
 */
export function toGoJson(value: unknown): string {
  // They occur in strings only.
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) =>
      `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** An object with its members in the order of their names, as Go writes maps. */
export function sortedMembers<T>(
  map: Readonly<Record<string, T>>,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
