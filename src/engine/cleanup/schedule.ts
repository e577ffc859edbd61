/** Cleanups at set times: a file for cron, or units for systemd. */

import { dirname } from "@std/path";
import { existsSync } from "node:fs";
import { writeAtomically } from "../../fs/write_atomically.ts";

/** What starts the cleanups. */
export type Scheduler = "cron" | "systemd";

/** What is to be run, and when. */
export interface Schedule {
  /** The program and its arguments; the program's path is absolute. */
  readonly command: readonly string[];
  /** How often. */
  readonly every: "hour" | "day" | "week";
  /** Local time; of a week, on Sunday; of an hour, only the minute counts. */
  readonly at: { readonly hour: number; readonly minute: number };
}

/** A file that a scheduler reads. */
export interface ScheduleFile {
  /** Where the scheduler looks for it; absolute. */
  readonly path: string;
  /** Its text. */
  readonly text: string;
}

const CRON_FILE = "/etc/cron.d/orlop-gc";
const UNIT = "/etc/systemd/system/orlop-gc";

/**
 * Formats the files of a schedule; nothing is installed.
 *
 * @param scheduler Which one.
 * @param schedule What is to be run, and when.
 * @throws {TypeError} If the command cannot be written in its language.
 * @example
 * ```ts
 * import { formatSchedule, installSchedule } from "orlop";
 * const files = formatSchedule("systemd", {
 *   command: ["/usr/local/bin/orlop", "gc", "--quiet", "--high", "85%"],
 *   every: "day",
 *   at: { hour: 3, minute: 17 },
 * });
 * for (const { path, text } of files) console.log(path, text);
 * function install(): void {
 *   installSchedule(files);
 * }
 * ```
 */
export function formatSchedule(
  scheduler: Scheduler,
  schedule: Schedule,
): readonly ScheduleFile[] {
  const bad = schedule.command.find((word) => /[\n\r\0]/.test(word));
  if (bad !== undefined) {
    const shown = JSON.stringify(bad);
    throw new TypeError(`Cannot schedule ${shown}: it has several lines`);
  }
  switch (scheduler) {
    case "cron":
      return [{ path: CRON_FILE, text: formatCron(schedule) }];
    case "systemd":
      return [
        { path: `${UNIT}.service`, text: formatService(schedule) },
        { path: `${UNIT}.timer`, text: formatTimer(schedule) },
      ];
  }
}

/**
 * The schedulers that have a schedule installed, also one that was installed by
 * hand.
 *
 * @example
 * ```ts
 * import { findSchedulers } from "orlop";
 * const isScheduled = (): boolean => findSchedulers().length > 0;
 * ```
 */
export function findSchedulers(): readonly Scheduler[] {
  const found: Scheduler[] = [];
  if (existsSync(CRON_FILE)) found.push("cron");
  if (existsSync(`${UNIT}.timer`)) found.push("systemd");
  return found;
}

/**
 * Installs the files; those that are there are replaced.
 *
 * @param files From `formatSchedule()`.
 * @example
 * ```ts
 * import { type ScheduleFile, installSchedule } from "orlop";
 * function install(files: readonly ScheduleFile[]): void {
 *   installSchedule(files); // systemd is told by: systemctl daemon-reload
 * }
 * ```
 * @throws {Deno.errors.NotFound} If the scheduler is not installed.
 */
export function installSchedule(files: readonly ScheduleFile[]): void {
  for (const { path } of files) {
    const directory = dirname(path);
    if (existsSync(directory)) continue;
    throw new Deno.errors.NotFound(
      `Cannot install "${path}": there is no "${directory}"`,
    );
  }
  for (const { path, text } of files) {
    writeAtomically(path, text, { mode: 0o644 });
  }
}

/** crontab(5), with the user's column of the system's own files. */
function formatCron({ command, every, at }: Schedule): string {
  const { hour, minute } = at;
  const when = {
    hour: `${minute} * * * *`,
    day: `${minute} ${hour} * * *`,
    week: `${minute} ${hour} * * 0`,
  }[every];
  return [
    "# Cleans up orlop's store; made by `orlop schedule`. Remove this file " +
    "to stop it.",
    "SHELL=/bin/sh",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    `${when} root ${command.map(quoteForCron).join(" ")}`,
    "",
  ].join("\n");
}

/** Quotes for sh, and for cron, which treats a bare `%` as the end of the line. */
function quoteForCron(word: string): string {
  const quoted = /^[\w@%+=:,./-]+$/.test(word)
    ? word
    : `'${word.replaceAll("'", `'\\''`)}'`;
  return quoted.replaceAll("%", "\\%");
}

function formatService({ command }: Schedule): string {
  return [
    "# Made by `orlop schedule`.",
    "[Unit]",
    "Description=Clean up orlop's store",
    "",
    "[Service]",
    "Type=oneshot",
    `ExecStart=${command.map(quoteForSystemd).join(" ")}`,
    "# 75: the store was busy; the next run will do it.",
    "SuccessExitStatus=75",
    "Nice=19",
    "IOSchedulingClass=idle",
    "NoNewPrivileges=yes",
    "IPAddressDeny=any",
    "# No setting that gives it its own mounts, such as ProtectSystem or",
    "# PrivateTmp: it has to see, and to remove, those of containers.",
    "",
  ].join("\n");
}

function formatTimer({ every, at }: Schedule): string {
  const time = [at.hour, at.minute].map((n) => String(n).padStart(2, "0"));
  const when = {
    hour: `*-*-* *:${time[1]}:00`,
    day: `*-*-* ${time.join(":")}:00`,
    week: `Sun *-*-* ${time.join(":")}:00`,
  }[every];
  return [
    "# Made by `orlop schedule`.",
    "[Unit]",
    "Description=Clean up orlop's store regularly",
    "",
    "[Timer]",
    `OnCalendar=${when}`,
    "# Not all machines of a site at the same time; a missed run is made up for.",
    `RandomizedDelaySec=${every === "hour" ? "5min" : "30min"}`,
    "Persistent=true",
    "",
    "[Install]",
    "WantedBy=timers.target",
    "",
  ].join("\n");
}

/** systemd.service(5): specifiers and variables begin with `%` and `$`. */
function quoteForSystemd(word: string): string {
  const safe = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  if (/^[\w@%+=:,./$-]+$/.test(safe)) return safe;
  return `"${safe.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
