/**
 * Seccomp profiles, `seccomp.json`: what podman, CRI-O and Docker read. Rules
 * may depend on capabilities and architectures; a runtime takes no such rules.
 */

import {
  asArray,
  asInteger,
  asObject,
  asString,
  asStrings,
  type JsonObject,
  optional,
  parseJson,
} from "../json.ts";

/** Which system calls a container may make. */
export interface SeccompProfile {
  /** What happens to calls that no rule names. */
  readonly defaultAction: string;
  /** The error that calls end with, for actions that set one. */
  readonly defaultErrnoRet?: number | undefined;
  /** In the kernel's terms, such as `SCMP_ARCH_X86_64`. */
  readonly architectures: readonly string[];
  /** Further architectures by the machine's own. */
  readonly archMap: readonly SeccompArchitecture[];
  /** In the order of the file. */
  readonly syscalls: readonly SeccompRule[];
}

/** What a machine of one architecture also runs. */
export interface SeccompArchitecture {
  /** In the kernel's terms. */
  readonly architecture: string;
  /** As `architecture`. */
  readonly subArchitectures: readonly string[];
}

/** What happens to some system calls. */
export interface SeccompRule {
  /** Of the system calls. */
  readonly names: readonly string[];
  /** Such as `SCMP_ACT_ALLOW`. */
  readonly action: string;
  /** The error that they end with, for actions that set one. */
  readonly errnoRet?: number | undefined;
  /** All of them have to fit. */
  readonly args?: readonly SeccompArgument[] | undefined;
  /** The rule counts only with all of these. */
  readonly includes?: SeccompCondition | undefined;
  /** The rule does not count with any of these. */
  readonly excludes?: SeccompCondition | undefined;
}

/** A condition on an argument of a system call. */
export interface SeccompArgument {
  /** From 0. */
  readonly index: number;
  /** What it is compared with. */
  readonly value: number;
  /** For `SCMP_CMP_MASKED_EQ`. */
  readonly valueTwo?: number | undefined;
  /** Such as `SCMP_CMP_EQ`. */
  readonly op: string;
}

/** What a rule depends on. */
export interface SeccompCondition {
  /** Such as `CAP_SYS_ADMIN`. */
  readonly caps?: readonly string[] | undefined;
  /** In Go's terms, such as `amd64`. */
  readonly arches?: readonly string[] | undefined;
}

const ACTION =
  /^SCMP_ACT_(KILL|KILL_PROCESS|KILL_THREAD|TRAP|ERRNO|TRACE|ALLOW|LOG|NOTIFY)$/;
const OPERATOR = /^SCMP_CMP_(NE|LT|LE|EQ|GE|GT|MASKED_EQ)$/;
const ARCHITECTURE = /^SCMP_ARCH_[A-Z0-9_]+$/;

/**
 * Parses a profile.
 *
 * @param what What is being read, for errors.
 * @throws {SyntaxError} `Cannot read <what>: …`
 */
export function parseSeccompProfile(
  input: string | Uint8Array,
  what: string,
): SeccompProfile {
  const profile = asObject(parseJson(input, what), what);
  const architectures = list(profile, "architectures", what, asArchitecture);
  const archMap = list(profile, "archMap", what, readArchitecture);
  if (architectures.length > 0 && archMap.length > 0) {
    throw new SyntaxError(
      `Cannot read ${what}: "architectures" and "archMap" exclude each other`,
    );
  }
  return {
    defaultAction: asAction(
      profile["defaultAction"],
      `${what}, defaultAction`,
    ),
    defaultErrnoRet: readNumber(profile, "defaultErrnoRet", what),
    architectures,
    archMap,
    syscalls: list(profile, "syscalls", what, readRule),
  };
}

function readArchitecture(value: unknown, what: string): SeccompArchitecture {
  const entry = asObject(value, what);
  return {
    architecture: asArchitecture(entry["architecture"], what),
    subArchitectures: list(entry, "subArchitectures", what, asArchitecture),
  };
}

function readRule(value: unknown, what: string): SeccompRule {
  const rule = asObject(value, what);
  const names = optional(rule["names"], `${what}.names`, asStrings) ?? [];
  // The way to write it before Docker 1.11.
  const name = optional(rule["name"], `${what}.name`, asString) ?? "";
  if ((name === "") === (names.length === 0)) {
    throw new SyntaxError(
      `Cannot read ${what}: expected either "name" or "names"`,
    );
  }
  const condition = (key: string) =>
    optional(rule[key], `${what}.${key}`, readCondition);
  const args = list(rule, "args", what, readArgument);
  return {
    names: name === "" ? names : [name],
    action: asAction(rule["action"], `${what}.action`),
    errnoRet: readNumber(rule, "errnoRet", what),
    args: args.length === 0 ? undefined : args,
    includes: condition("includes"),
    excludes: condition("excludes"),
  };
}

function readCondition(value: unknown, what: string): SeccompCondition {
  const condition = asObject(value, what);
  // A newer kernel than any profile asks for is what orlop needs itself.
  return {
    caps: list(condition, "caps", what, asString),
    arches: list(condition, "arches", what, asString),
  };
}

function readArgument(value: unknown, what: string): SeccompArgument {
  const argument = asObject(value, what);
  const index = asInteger(argument["index"], `${what}.index`);
  const op = asString(argument["op"], `${what}.op`);
  // System calls have six arguments.
  if (index < 0 || index > 5 || !OPERATOR.test(op)) {
    throw new SyntaxError(
      `Cannot read ${what}: no condition is "${op}" on argument ${index}`,
    );
  }
  return {
    index,
    value: readNumber(argument, "value", what) ?? 0,
    valueTwo: readNumber(argument, "valueTwo", what) || undefined,
    op,
  };
}

function readNumber(
  object: JsonObject,
  key: string,
  what: string,
): number | undefined {
  return optional(object[key], `${what}.${key}`, (value, what) => {
    const number = asInteger(value, what);
    if (number >= 0) return number;
    throw new SyntaxError(`Cannot read ${what}: ${number} is negative`);
  });
}

function asAction(value: unknown, what: string): string {
  return asOneOf(ACTION, value, what);
}

function asArchitecture(value: unknown, what: string): string {
  return asOneOf(ARCHITECTURE, value, what);
}

function asOneOf(pattern: RegExp, value: unknown, what: string): string {
  const text = asString(value, what);
  if (pattern.test(text)) return text;
  throw new SyntaxError(`Cannot read ${what}: "${text}" is unknown`);
}

/** Go writes null for an empty list. */
function list<T>(
  object: JsonObject,
  key: string,
  what: string,
  as: (value: unknown, what: string) => T,
): readonly T[] {
  const items = optional(object[key], `${what}.${key}`, asArray) ?? [];
  return items.map((item, index) => as(item, `${what}.${key}[${index}]`));
}
