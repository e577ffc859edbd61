/** Checks texts of requests, which are untrusted. */

// Kubernetes' own limits are far below; records with such texts are read often.
const MAX_LENGTH = 4096;
// Longer values are cut in messages.
const MAX_SHOWN = 80;

/**
 * Checks a text that becomes a part of records and paths.
 *
 * @param what What it is, such as `pod name`.
 * @throws {TypeError} If it is too long, or has a NUL or a line break.
 */
export function checkPart(what: string, text: string): void {
  if (text.length > MAX_LENGTH) {
    refuse(what, text, `more than ${MAX_LENGTH} characters`);
  }
  // deno-lint-ignore no-control-regex
  if (/[\0-\x1f\x7f]/.test(text)) {
    refuse(what, text, "it has a control character");
  }
}

/**
 * Refuses a value of a request.
 *
 * @throws {TypeError} Always.
 */
export function refuse(what: string, text: string, why: string): never {
  // deno-lint-ignore no-control-regex
  const shown = text.slice(0, MAX_SHOWN).replaceAll(/[\0-\x1f\x7f]/g, "?");
  throw new TypeError(`Cannot use ${what} "${shown}": ${why}`);
}
