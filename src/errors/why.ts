/**
 * Reasons of failures, in the terms of orlop and the system, without messages of
 * the Deno runtime.
 */

/** Why something failed, as the end of a sentence: `Cannot …: <why>`. */
export function whyOf(error: unknown): string {
  if (error instanceof SuppressedError) return whyOf(error.suppressed);
  if (!(error instanceof Error)) return inOwnWords(String(error));
  return wordsOfSystem(error) ?? inOwnWords(error.message || error.name);
}

/** The message of an error, as the end of a sentence. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * An error as a sentence. A message with a reason after a colon is complete;
 * otherwise its cause is added.
 */
export function sentenceOf(error: unknown): string {
  // The first failure explains more than a failure of its cleanup.
  if (error instanceof SuppressedError) return sentenceOf(error.suppressed);
  if (!(error instanceof Error)) return inOwnWords(String(error));
  const failure = readSystemFailure(error);
  if (failure !== undefined) {
    const { verb, path, why } = failure;
    return path === undefined
      ? `Cannot go on: ${why}`
      : `Cannot ${verb} "${path}": ${why}`;
  }
  const message = inOwnWords(error.message || error.name);
  if (message.includes(": ") || error.cause === undefined) return message;
  return `${message}: ${sentenceOf(error.cause)}`;
}

/** The system call and its error; undefined for other errors. */
export interface SystemFailure {
  /** The operation, such as `open`. */
  readonly verb: string;
  /** Undefined if unknown. */
  readonly path: string | undefined;
  readonly why: string;
}

/** Parses an error of the runtime. */
export function readSystemFailure(error: Error): SystemFailure | undefined {
  const why = wordsOfSystem(error);
  if (why === undefined) return undefined;
  const [, called = "", quoted] =
    /[,:] (\w+) '(.*?)'(?: -> '.*')?$/s.exec(error.message) ?? [];
  const path = "path" in error && typeof error.path === "string"
    ? error.path
    : quoted;
  const call = "syscall" in error ? String(error.syscall) : called;
  return { verb: VERBS[call] ?? "use", path, why };
}

/** The system's name of an error, such as `ENOENT`; empty if it has none. */
export function errnoOf(error: unknown): string {
  const isCoded = error instanceof Error && "code" in error;
  const code = isCoded && typeof error.code === "string" ? error.code : "";
  return code.replace(/^ERR_FS_(?=E[A-Z]+$)/, ""); // Node's own, as of rm()
}

/** Removes details of the runtime from a text. */
export function inOwnWords(text: string): string {
  return text
    .replace(/^Uncaught (\(in promise\) )?(\w*Error: )?/, "")
    .replaceAll(/ \(os error \d+\)/g, "")
    .replace(MISSING, (_all, kind, what) => missing(kind, what));
}

// A permission that this process was not started with, or has given up.
const MISSING =
  /Requires (\w+) access(?: to (.+?))?, run again with the --allow-\S+ flag/;

/** The missing permission, as the end of a sentence about `what`. */
function missing(kind: string, what = "it"): string {
  if (kind === "all") {
    return `orlop uses nothing that is in /dev, /proc or /sys, such as ${what}`;
  }
  return `orlop has no permission to ${PERMITTED[kind] ?? "use"} ${what}`;
}

const PERMITTED: Readonly<Record<string, string>> = {
  read: "read",
  write: "write to",
  run: "run",
  net: "connect to",
  env: "read variable",
  sys: "ask the system for",
  ffi: "load",
};

/** Undefined if the message is somebody's own. */
function wordsOfSystem(error: Error): string | undefined {
  if (/^Cannot /.test(error.message)) return undefined;
  if (error instanceof Deno.errors.NotCapable) {
    return inOwnWords(error.message);
  }
  const code = errnoOf(error);
  if (!/^E[A-Z0-9]+$/.test(code)) return undefined;
  const known = WORDS[code];
  if (known !== undefined) return known;
  return inOwnWords(error.message || error.name)
    .replace(/^[A-Z0-9]+: /, "")
    .replace(/[,:] \w+ '.*'$/s, "")
    .replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}

// errno(3); some texts are more precise than usual.
const WORDS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EBUSY: "it is in use, or something is mounted there",
  EDQUOT: "the disk quota is used up",
  EEXIST: "something else is there already",
  EFBIG: "the file would be larger than this process may write (ulimit -f)",
  EINVAL: "the system does not do that there",
  EIO: "the disk has an error: see dmesg",
  EISDIR: "it is a directory",
  ELOOP: "its symbolic links do not resolve",
  EMFILE: "this process has too many files open (ulimit -n)",
  ENAMETOOLONG: "the name is too long",
  ENFILE: "the system has too many files open",
  ENODEV: "the system has no such device",
  ENOENT: "no such file or directory",
  ENOMEM: "the system has no memory left",
  ENOSPC: "no space left on device",
  ENOSYS: "the system does not know how",
  ENOTDIR: "a part of the path is no directory",
  ENOTEMPTY: "the directory is not empty",
  ENXIO: "no such device",
  EOPNOTSUPP: "its file system does not do that",
  EPERM: "the system does not permit it",
  EROFS: "the file system is read-only",
  ESTALE: "the network file system has lost it",
  ETXTBSY: "the program is running",
  EXDEV: "it lies on another file system",
};

// System calls, and Deno's and Node's names for what it did.
const VERBS: Readonly<Record<string, string>> = {
  access: "read",
  chmod: "set the mode of",
  chown: "set the owner of",
  copyfile: "copy",
  fsync: "write to",
  link: "make",
  lstat: "look at",
  mkdir: "make",
  mkdtemp: "make",
  open: "open",
  opendir: "list",
  read: "read",
  readdir: "list",
  readfile: "read",
  readlink: "read",
  realpath: "look at",
  remove: "remove",
  rename: "rename",
  rm: "remove",
  rmdir: "remove",
  scandir: "list",
  stat: "look at",
  statfs: "look at",
  symlink: "make",
  truncate: "write to",
  unlink: "remove",
  utime: "set the times of",
  write: "write to",
  writefile: "write to",
};
