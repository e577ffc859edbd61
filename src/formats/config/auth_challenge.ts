/** WWW-Authenticate: RFC 9110, 11.6.1, with the parameters of registries. */

/** An authentication challenge of a server. */
export interface AuthChallenge {
  /** In lower case, such as `bearer` or `basic`. */
  readonly scheme: string;
  /** Keyed by lower-case names, such as `realm`, `service`, `scope`. */
  readonly parameters: ReadonlyMap<string, string>;
}

// Registries send a few hundred bytes; Deno limits all headers to 64 KiB.
const MAX_LENGTH = 16 * 1024;
// RFC 9110, 5.6.2: token; sticky, to read on from a position.
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
// Services leave out the quotes of URLs and scopes, too.
const UNQUOTED = /[^\s,"]*/y;
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=\s*(,|$))/y;
// Behind a scheme, `name=` with no value would be a token68.
const PARAMETER = /[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*=(?![ \t]*(,|$)|=)/y;
const NAME = /[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*=/y;
const BLANKS = /[ \t]*/y;
const SEPARATORS = /[ \t,]*/y;

/**
 * Reads the challenges of a WWW-Authenticate header, which may hold several.
 *
 * @throws {SyntaxError} If the header breaks its grammar.
 */
export function parseAuthChallenges(header: string): readonly AuthChallenge[] {
  if (header.length > MAX_LENGTH) throw malformed(header);
  const scanner = createScanner(header);
  const challenges: AuthChallenge[] = [];
  scanner.take(SEPARATORS);
  while (!scanner.isAtEnd()) {
    const scheme = scanner.take(TOKEN).toLowerCase();
    if (scheme === "") throw malformed(header);
    scanner.take(BLANKS);
    challenges.push({ scheme, parameters: readParameters(scanner, header) });
  }
  return challenges;
}

interface Scanner {
  /** Reads on by what a sticky pattern matches; "" if it does not. */
  take(pattern: RegExp): string;
  /** Reads a quoted string, and undoes its escapes. */
  takeQuoted(): string | undefined;
  /** Whether what a sticky pattern matches comes next. */
  isAt(pattern: RegExp): boolean;
  isAtEnd(): boolean;
}

function readParameters(
  scanner: Scanner,
  header: string,
): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  if (!scanner.isAt(PARAMETER)) scanner.take(TOKEN68);
  scanner.take(SEPARATORS);
  while (scanner.isAt(parameters.size === 0 ? PARAMETER : NAME)) {
    const name = scanner.take(TOKEN).toLowerCase();
    scanner.take(/[ \t]*=[ \t]*/y);
    const value = scanner.takeQuoted() ?? scanner.take(UNQUOTED);
    // The first one counts: a second must not replace it unseen.
    if (!parameters.has(name)) parameters.set(name, value);
    const gap = scanner.take(SEPARATORS);
    if (gap === "" && !scanner.isAtEnd()) throw malformed(header);
  }
  return parameters;
}

function createScanner(text: string): Scanner {
  let at = 0;
  return {
    take(pattern) {
      pattern.lastIndex = at;
      const [found = ""] = pattern.exec(text) ?? [];
      at += found.length;
      return found;
    },
    takeQuoted() {
      if (text[at] !== '"') return undefined;
      let value = "";
      for (at++; at < text.length && text[at] !== '"'; at++) {
        if (text[at] === "\\") at++;
        value += text[at] ?? "";
      }
      if (at >= text.length) throw malformed(text);
      at++;
      return value;
    },
    isAt(pattern) {
      pattern.lastIndex = at;
      return pattern.test(text);
    },
    isAtEnd: () => at >= text.length,
  };
}

function malformed(header: string): SyntaxError {
  return new SyntaxError(
    `Cannot parse challenge ${JSON.stringify(header.slice(0, 200))}: ` +
      'expected a scheme and name="value" pairs',
  );
}
