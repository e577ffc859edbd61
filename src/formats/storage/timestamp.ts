/** Times as text: RFC 3339, section 5.6, as strictly as Go reads it. */

const FORMAT =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;
const DAYS_PER_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const FEBRUARY = 2;

/**
 * Whether a text is a time that every tool takes. Tools written in Go read no
 * record at all of a file in which one time is malformed.
 */
export function isTimestamp(text: string): boolean {
  const [, year, month, day] = (FORMAT.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) {
    return false;
  }
  const isLong = month === FEBRUARY && isLeapYear(year);
  const days = (DAYS_PER_MONTH[month - 1] ?? 0) + (isLong ? 1 : 0);
  return day >= 1 && day <= days;
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}
