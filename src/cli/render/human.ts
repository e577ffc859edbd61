/** Formats and parses sizes and times as podman does. */

import { sum } from "../../formats/sum.ts";
import { UsageError } from "../usage_error.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago a time was: `2 hours ago`. */
export function formatAge(time: Date, now: Date = new Date()): string {
  const seconds = Math.floor((now.getTime() - time.getTime()) / 1000);
  if (Number.isNaN(seconds)) return "N/A";
  return `${describeDuration(Math.max(seconds, 0))} ago`;
}

/** The steps of go-units' HumanDuration, which podman uses. */
function describeDuration(seconds: number): string {
  if (seconds < 1) return "Less than a second";
  if (seconds === 1) return "1 second";
  if (seconds < MINUTE) return `${seconds} seconds`;
  if (seconds < 2 * MINUTE) return "About a minute";
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} minutes`;
  if (seconds < 1.5 * HOUR) return "About an hour";
  if (seconds < 2 * DAY) return `${Math.round(seconds / HOUR)} hours`;
  if (seconds < 14 * DAY) return `${Math.floor(seconds / DAY)} days`;
  if (seconds < 60 * DAY) return `${Math.floor(seconds / (7 * DAY))} weeks`;
  if (seconds < 730 * DAY) return `${Math.floor(seconds / (30 * DAY))} months`;
  return `${Math.floor(seconds / (365 * DAY))} years`;
}

const SIZE_FACTORS: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
};

/** Reads a size in bytes: `500M`, `1.5GiB`, `4096`. */
export function parseSize(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?) ?([kmgt]?i?)b?$/i.exec(text) ?? [];
  const factor = unit === undefined
    ? undefined
    : SIZE_FACTORS[unit.toLowerCase()];
  if (factor === undefined) {
    throw new UsageError(
      `Cannot use "${text}" as a size: write it like 500M or 1.5GiB`,
    );
  }
  return Math.round(Number(count) * factor);
}

const TIME_FACTORS: Readonly<Record<string, number>> = {
  s: 1,
  m: MINUTE,
  h: HOUR,
  d: DAY,
  w: 7 * DAY,
};

/** Reads a duration in seconds: `90s`, `36h`, `1h30m`, `7d`. */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)([smhdw])/g)];
  const isWhole = parts.map(([part]) => part).join("") === text;
  if (parts.length === 0 || !isWhole) {
    throw new UsageError(
      `Cannot use "${text}" as a duration: write it like 90s, 36h or 7d`,
    );
  }
  return sum(
    parts.map(([, count, unit = ""]) =>
      Number(count) * (TIME_FACTORS[unit] ?? 0)
    ),
  );
}

/**
 * Reads a time in milliseconds since 1970: a duration before now, seconds
 * since 1970, or a date.
 */
export function parseAge(text: string, now: number = Date.now()): number {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const time = Date.parse(text);
  if (/^\d{4}-/.test(text) && !Number.isNaN(time)) return time;
  return now - parseDuration(text) * 1000;
}
