/** Sizes as podman takes them (`512m`, `1.5g`, `64 MiB`) and shows them. */

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

const SHOWN_UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** Three significant digits and a decimal unit: `7.67 MB`. */
export function formatSize(bytes: number): string {
  let value = Math.max(bytes, 0);
  let unit = 0;
  // 999.5 and more would round to a fourth digit.
  while (value >= 999.5 && unit < SHOWN_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 ? value.toFixed(0) : value.toPrecision(3);
  return `${Number(digits)} ${SHOWN_UNITS[unit]}`;
}
