/** Where a text stops to be JSON: RFC 8259. */

/**
 * Finds the line where a text that does not parse stops to be JSON. The runtime
 * does not always tell it, and shows what is there, which may be a secret.
 *
 * @param text Not nested so deeply that recursion ends.
 * @returns From 1 on.
 */
export function findLineOfProblem(text: string): number {
  const scanner = new Scanner(text);
  scanner.value();
  scanner.take(BLANKS);
  return text.slice(0, scanner.at).split("\n").length;
}

const BLANKS = /[ \t\n\r]*/y;
// What ends in the middle of a line is wrong from its start.
const STRING =
  // deno-lint-ignore no-control-regex -- RFC 8259, section 7
  /[ \t\n\r]*"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const SCALAR =
  /[ \t\n\r]*(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)\b/y;
const OBJECT = [/[ \t\n\r]*\{/y, /[ \t\n\r]*\}/y] as const;
const ARRAY = [/[ \t\n\r]*\[/y, /[ \t\n\r]*\]/y] as const;
const COLON = /[ \t\n\r]*:/y;
const COMMA = /[ \t\n\r]*,/y;

/** Goes on as long as there is what must be there. */
class Scanner {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  take(token: RegExp): boolean {
    token.lastIndex = this.at;
    const isThere = token.test(this.#text);
    if (isThere) this.at = token.lastIndex;
    return isThere;
  }

  value(): boolean {
    return this.take(STRING) || this.take(SCALAR) ||
      this.#list(ARRAY, () => this.value()) ||
      this.#list(OBJECT, () => this.#member());
  }

  #member(): boolean {
    return this.take(STRING) && this.take(COLON) && this.value();
  }

  #list(
    [begin, end]: typeof OBJECT | typeof ARRAY,
    item: () => boolean,
  ): boolean {
    if (!this.take(begin)) return false;
    if (this.take(end)) return true;
    do {
      if (!item()) return false;
    } while (this.take(COMMA));
    return this.take(end);
  }
}
