/** Names and IDs of containers and pods: they become parts of paths. */

const MAX_LENGTH = 253;

/**
 * Why a text cannot be a name or an ID; undefined if it can: letters, digits
 * and `_.-`, the first one a letter or digit, at most 253 characters.
 */
export function findNameProblem(text: string): string | undefined {
  if (text === "") return "it is empty";
  if (text.length > MAX_LENGTH) return `more than ${MAX_LENGTH} characters`;
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(text)) return undefined;
  return "expected letters, digits, _ . or -, the first a letter or digit";
}
