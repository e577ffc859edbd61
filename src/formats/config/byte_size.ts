/** Sizes as podman's flags take them: `512m`, `1.5g`, `64 MiB`. */

const SIZE = /^(\d+(?:\.\d+)?) ?([kmgtp])?i?b?$/i;
const UNITS = "kmgtp";
const KIBI = 1024;

/**
 * Reads a size, whose units are all powers of 1024.
 *
 * @returns Whole bytes; undefined if it is none, or beyond exact numbers.
 */
export function parseByteSize(text: string): number | undefined {
  const [, number, unit = ""] = SIZE.exec(text) ?? [];
  if (number === undefined) return undefined;
  const power = unit === "" ? 0 : UNITS.indexOf(unit.toLowerCase()) + 1;
  const bytes = Math.floor(Number(number) * KIBI ** power);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
