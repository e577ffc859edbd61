/** Checks JSON text for problems that the parser accepts. */

/** How deep values may nest; manifests and configs do 6 deep, runtime specs 9. */
export const MAX_DEPTH = 64;

/**
 * Checks the nesting depth.
 *
 * @param fail Makes the error of what is wrong.
 * @throws {Error} What `fail` made.
 */
export function checkDepth(text: string, fail: (why: string) => Error): void {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') at = endOfString(text, at);
    else if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
    if (depth > MAX_DEPTH) {
      throw fail(`nested deeper than ${MAX_DEPTH}`);
    }
  }
}

/**
 * Looks for duplicate keys in a text that is known to be valid.
 *
 * @param fail Makes the error of what is wrong.
 * @throws {Error} What `fail` made.
 */
export function checkKeys(text: string, fail: (why: string) => Error): void {
  // The keys of each open object; undefined stands for an open array.
  const open: (Set<string> | undefined)[] = [];
  let isKeyNext = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      const end = endOfString(text, at);
      if (isKeyNext) addKey(text.slice(at, end + 1));
      isKeyNext = false;
      at = end;
    } else if (char === "{" || char === "[") {
      open.push(char === "{" ? new Set() : undefined);
      isKeyNext = char === "{";
    } else if (char === "}" || char === "]") {
      open.pop();
      isKeyNext = false;
    } else if (char === ",") {
      isKeyNext = open.at(-1) !== undefined;
    }
  }

  function addKey(quoted: string): void {
    const key = String(JSON.parse(quoted));
    const keys = open.at(-1);
    if (keys?.has(key)) {
      throw fail(`ambiguous, duplicate key "${key}"`);
    }
    keys?.add(key);
  }
}

/** The position of the quote that ends the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}
