/** Names and IDs of containers and pods: they become parts of paths. */

const MAX_LENGTH = 253;
// The store's records lie beside the directories of its containers:
// `containers.json`, `volatile-containers.json`, `containers.lock`.
const RECORD_FILE = /\.(json|lock)$/;

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

/** Why a text cannot be an ID, which is the name of a directory, too. */
export function findIdProblem(text: string): string | undefined {
  const problem = findNameProblem(text);
  if (problem !== undefined) return problem;
  return RECORD_FILE.test(text)
    ? "the store keeps its records under names that end so"
    : undefined;
}
