/** Processes in containers as lists show them, with podman's descriptors. */

import type {
  ContainerProcess,
  ProcessList,
} from "../../../engine/processes/list_processes.ts";
import { TICKS_PER_SECOND } from "../../../formats/process_status.ts";
import { capabilitiesIn } from "../../../image/capabilities.ts";
import { goDuration } from "./go_duration.ts";
import type { Column } from "../table_text.ts";

/** What descriptors look at, besides a process. */
export interface ProcessEnvironment
  extends Pick<ProcessList, "users" | "groups"> {
  /** The host's names of users, by their IDs. */
  readonly hostUsers: ReadonlyMap<number, string>;
  /** Ticks since the boot. */
  readonly nowTicks: number;
}

type Text = (process: ContainerProcess, around: ProcessEnvironment) => string;

// Of Uid and Gid: real, effective, saved, of the file system.
const REAL = 0;
const EFFECTIVE = 1;
const NS_PER_TICK = 1e9 / TICKS_PER_SECOND;
const KIBI = 1024;
const PAGE_KIB = 4;
// <linux/major.h>: UNIX98_PTY_SLAVE_MAJOR and the seven behind it.
const PTS_MAJORS = { first: 136, last: 143 } as const;

/** What stands above a column, and its text: ps(1), psgo. */
const DESCRIPTORS: Readonly<Record<string, readonly [string, Text]>> = {
  args: ["COMMAND", argsOf],
  capamb: ["AMBIENT CAPS", capsOf("CapAmb")],
  capbnd: ["BOUNDING CAPS", capsOf("CapBnd")],
  capeff: ["EFFECTIVE CAPS", capsOf("CapEff")],
  capinh: ["INHERITED CAPS", capsOf("CapInh")],
  capprm: ["PERMITTED CAPS", capsOf("CapPrm")],
  comm: ["COMMAND", ({ stat }) => stat.name],
  etime: ["ELAPSED", (one, around) => goDuration(ageOf(one, around))],
  group: ["GROUP", (one, { groups }) => nameOf(one, "Gid", groups, EFFECTIVE)],
  hgroup: ["HGROUP", (one) => idOf(one, "Gid", EFFECTIVE)],
  hpid: ["HPID", ({ hostPid }) => String(hostPid)],
  huser: [
    "HUSER",
    (one, { hostUsers }) => nameOf(one, "Uid", hostUsers, EFFECTIVE),
  ],
  nice: ["NI", ({ stat }) => String(stat.nice)],
  pcpu: ["%CPU", (one, around) => shareOf(one, around).toFixed(3)],
  pgid: ["PGID", ({ stat }) => String(stat.groupId)],
  pid: ["PID", ({ pid }) => String(pid)],
  ppid: ["PPID", ({ parentPid }) => String(parentPid)],
  rgroup: ["RGROUP", (one, { groups }) => nameOf(one, "Gid", groups, REAL)],
  rss: ["RSS", ({ stat }) => String(stat.residentPages * PAGE_KIB)],
  ruser: ["RUSER", (one, { users }) => nameOf(one, "Uid", users, REAL)],
  seccomp: ["SECCOMP", ({ status }) => seccompOf(status.get("Seccomp"))],
  state: ["STATE", ({ stat }) => stat.state],
  time: ["TIME", (one) => goDuration(cpuOf(one))],
  tty: ["TTY", ({ stat }) => terminalOf(stat.terminal)],
  user: ["USER", (one, { users }) => nameOf(one, "Uid", users, EFFECTIVE)],
  vsz: ["VSZ", ({ stat }) => String(Math.floor(stat.virtualBytes / KIBI))],
};

/** ps(1) has these, too. */
const FORMATS: Readonly<Record<string, string>> = {
  "%C": "pcpu",
  "%G": "group",
  "%P": "ppid",
  "%U": "user",
  "%a": "args",
  "%c": "comm",
  "%g": "rgroup",
  "%n": "nice",
  "%p": "pid",
  "%r": "pgid",
  "%t": "etime",
  "%u": "ruser",
  "%x": "time",
  "%y": "tty",
  "%z": "vsz",
};

/** What is shown unless descriptors are named, as by podman. */
export const DEFAULT_DESCRIPTORS: readonly string[] = [
  ...["user", "pid", "ppid", "pcpu", "etime", "tty", "time", "args"],
];

/** All descriptors. */
export const DESCRIPTOR_NAMES: readonly string[] = Object.keys(DESCRIPTORS);

/** Whether a word stands for a column. */
export function isDescriptor(typed: string): boolean {
  return findDescriptor(typed) !== undefined;
}

/** The columns of descriptors; unknown ones are left out. */
export function processColumns(
  names: readonly string[],
  around: ProcessEnvironment,
): Column<ContainerProcess>[] {
  return names.flatMap((name) => findDescriptor(name) ?? [])
    .map(({ header, text }) => ({
      ...{ header, field: header },
      text: (process) => text(process, around),
    }));
}

function findDescriptor(typed: string) {
  const name = Object.hasOwn(FORMATS, typed) ? FORMATS[typed] ?? "" : typed;
  if (!Object.hasOwn(DESCRIPTORS, name)) return undefined;
  const [header = "", text] = DESCRIPTORS[name] ?? [];
  return text && { header, text };
}

/** Ticks since the boot, reckoned from a process that knows when it began. */
export function nowTicks(ownStartTicks: number): number {
  return ownStartTicks + performance.now() / 1000 * TICKS_PER_SECOND;
}

function argsOf({ args, stat }: ContainerProcess): string {
  // As ps(1) shows one that has ended.
  return args.length > 0 ? args.join(" ") : `[${stat.name}]`;
}

/** As podman has them; a mask of those that an unknown kernel has, too. */
function capsOf(name: string): Text {
  return ({ status }) => {
    const mask = status.get(name) ?? "";
    if (!/^[0-9a-f]+$/.test(mask)) return "?";
    const names = capabilitiesIn(BigInt(`0x${mask}`))
      .map((name) => name.replace(/^CAP_/, ""));
    return names.toSorted().join(",") || "none";
  };
}

function idOf(
  { status }: ContainerProcess,
  kind: "Uid" | "Gid",
  index: number,
): string {
  return status.get(kind)?.split("\t")[index] ?? "?";
}

function nameOf(
  process: ContainerProcess,
  kind: "Uid" | "Gid",
  names: ReadonlyMap<number, string>,
  index: number,
): string {
  const id = idOf(process, kind, index);
  return names.get(Number(id)) ?? id;
}

/** In nanoseconds. */
function cpuOf({ stat }: ContainerProcess): number {
  return (stat.userTicks + stat.systemTicks) * NS_PER_TICK;
}

/** In nanoseconds. */
function ageOf(
  { stat }: ContainerProcess,
  around: ProcessEnvironment,
): number {
  const ticks = Math.max(0, around.nowTicks - stat.startTicks);
  return Math.round(ticks) * NS_PER_TICK;
}

function shareOf(
  process: ContainerProcess,
  around: ProcessEnvironment,
): number {
  const age = ageOf(process, around);
  return age === 0 ? 0 : cpuOf(process) / age * 100;
}

function seccompOf(mode: string | undefined): string {
  return ["disabled", "strict", "filter"][Number(mode ?? NaN)] ?? "?";
}

/** glibc's gnu_dev_major() and gnu_dev_minor(), of 32 bits. */
function terminalOf(device: number): string {
  const major = (device >>> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
  if (major < PTS_MAJORS.first || major > PTS_MAJORS.last) return "?";
  return `pts/${(major - PTS_MAJORS.first) * 256 + minor}`;
}
