/** Lists in one word, as podman's flags take them: RFC 4180, one record. */

/**
 * Splits a record at its commas. A field that begins with a quote ends with
 * one, holds commas, and quotes written twice.
 *
 * @throws {SyntaxError} If a quote stands where it means nothing.
 */
export function splitCsv(text: string): readonly string[] {
  const fields: string[] = [];
  // A field, and the comma behind it; at the end of the text there is none.
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  while (field.lastIndex <= text.length) {
    const match = field.exec(text);
    if (match === null) {
      throw new SyntaxError(`Cannot split "${text}": a quote is out of place`);
    }
    const [, quoted, plain = "", comma] = match;
    fields.push(quoted?.replaceAll('""', '"') ?? plain);
    if (comma === "") break;
  }
  return fields;
}
