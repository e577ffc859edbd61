/** Files of environment variables, as podman and Docker read them. */

/**
 * Reads a file: a `NAME=value` a line, all behind the first `=` as it is, with
 * its quotes and blanks; or a `NAME`, or `PREFIX*`, which stands for what the
 * reader's own environment has. Empty lines and those that begin with `#` do
 * not count, nor do blanks before a name.
 *
 * @param what What is being read, for errors.
 * @throws {SyntaxError} If a line has no name, or the text is no UTF-8.
 */
export function parseEnvFile(
  bytes: Uint8Array,
  what: string,
): readonly string[] {
  return decode(bytes, what).split("\n").flatMap((line, index) => {
    const entry = line.replace(/\r$/, "").replace(/^[ \t]+/, "");
    if (entry === "" || entry.startsWith("#")) return [];
    if (entry.startsWith("=")) throw unreadable("has no name");
    if (entry.includes("\0")) throw unreadable("has a NUL in it");
    return [entry];

    function unreadable(why: string): SyntaxError {
      return new SyntaxError(
        `Cannot read ${what}: the variable in line ${index + 1} ${why}`,
      );
    }
  });
}

/** Without a byte order mark, which editors of other systems write. */
function decode(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SyntaxError(`Cannot read ${what}: it is no UTF-8`, { cause });
  }
}
