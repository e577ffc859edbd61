/** JSON with line breaks, and nothing else about it changed. */

const INDENT = "    ";
// Strings, or one character of what is between them.
const TOKEN = /"(?:[^"\\]|\\.)*"|[\s\S]/g;

/**
 * Sets JSON as podman and skopeo do: numbers, escapes and the order of members stay
 * as they are, which `JSON.parse()` would not keep.
 *
 * @param text Well-formed JSON.
 */
export function indentJson(text: string): string {
  const parts: string[] = [];
  let depth = 0;
  let last = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (/^\s$/.test(token)) continue;
    const isEnd = token === "}" || token === "]";
    const isEmpty = isEnd && (last === "{" || last === "[");
    if (isEnd) depth--;
    const isFirst = !isEnd && (last === "{" || last === "[");
    if (isFirst || last === "," || (isEnd && !isEmpty)) {
      parts.push("\n", INDENT.repeat(depth));
    }
    parts.push(token === ":" ? ": " : token);
    if (token === "{" || token === "[") depth++;
    last = token;
  }
  return parts.join("");
}
