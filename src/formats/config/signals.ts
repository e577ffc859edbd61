/** Signals by name or number: signal(7), as commands and images write them. */

/** Those that all architectures of Linux that orlop runs on number alike. */
const NUMBERS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  IOT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  IO: 29,
  POLL: 29,
  PWR: 30,
  SYS: 31,
};

/** SIGTERM. */
export const SIGNAL_TERM = 15;
/** SIGKILL. */
export const SIGNAL_KILL = 9;

// The first two are glibc's own.
const [RTMIN, RTMAX] = [34, 64] as const;

/**
 * Reads a signal: `TERM`, `SIGTERM`, `15`, `RTMIN+3`, `RTMAX-2`, in any case.
 *
 * @returns Its number; undefined if there is no such signal.
 */
export function parseSignal(text: string): number | undefined {
  if (/^\d{1,2}$/.test(text)) return inRange(Number(text), 1);
  const name = text.toUpperCase().replace(/^SIG/, "");
  if (Object.hasOwn(NUMBERS, name)) return NUMBERS[name];
  const [, base, step = "0"] = /^RT(MIN|MAX)([+-]\d{1,2})?$/.exec(name) ?? [];
  if (base === undefined) return undefined;
  return inRange((base === "MIN" ? RTMIN : RTMAX) + Number(step), RTMIN);
}

/** How messages call a signal. */
export function signalName(number: number): string {
  const found = Object.entries(NUMBERS).find(([, value]) => value === number);
  return found === undefined ? `signal ${number}` : `SIG${found[0]}`;
}

function inRange(number: number, first: number): number | undefined {
  return number >= first && number <= RTMAX ? number : undefined;
}
