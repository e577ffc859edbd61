/**
 * Decides how a layer is mounted. The mount data and its order are those of
 * containers/storage, so that all tools mount a layer in the same way.
 */

import { isAbsolute } from "@std/path";
import { toBytes } from "../formats/bytes.ts";

/** What to mount. */
export interface OverlayRequest {
  /** The driver's home, `<root>/overlay`; absolute. */
  readonly home: string;
  /** The name of its directory in `home`. */
  readonly layerId: string;
  /**
   * The layers below, nearest first, relative to `home`: `ID/diff`, or
   * `l/MSMZTW3HK3OLHZ66GONE2P2FON`; absolute for those of other stores.
   */
  readonly lower: readonly string[];
  /** The same by short names, if known: only these fit if there are many. */
  readonly shortLower?: readonly string[];
  /**
   * The home of the layers below.
   *
   * @default {in `home`}
   */
  readonly lowerHome?: string | undefined;
  /** Whether the layer can be changed through the mount. */
  readonly access: "read-write" | "read-only";
  /** Mount options such as `nodev` or `volatile`; none is the default. */
  readonly options?: readonly string[];
  /** The SELinux label that all files get; none is the default. */
  readonly label?: string | undefined;
}

/** One mount, decided: mount(2). */
export interface MountPlan {
  /** The source; overlayfs accepts any text. */
  readonly source: string;
  /** Absolute. */
  readonly target: string;
  /** The file system. */
  readonly type: string;
  /** Options that the kernel knows for all file systems, such as `nodev`. */
  readonly flags: readonly string[];
  /** The data for the file system, such as `lowerdir=…,upperdir=…`. */
  readonly data: string;
  /** The directory that paths in `data` are relative to, if they are. */
  readonly cwd?: string;
}

// The kernel's OVL_MAX_STACK: fs/overlayfs/params.c.
const MAX_LOWERS = 500;
// mount(2) takes a page of data, the NUL at its end included.
const PAGE_BYTES = 4096;

// Options that mount(8) turns into flags of mount(2).
const FLAGS: ReadonlySet<string> = new Set([
  ...["ro", "rw", "nodev", "dev", "nosuid", "suid", "noexec", "exec"],
  ...["sync", "async", "dirsync", "atime", "noatime", "diratime"],
  ...["nodiratime", "relatime", "norelatime", "strictatime"],
  ...["nostrictatime", "nosymfollow"],
]);

// Options of overlayfs that do not change which layers are mounted.
const DATA_OPTIONS: ReadonlySet<string> = new Set([
  ...["metacopy", "redirect_dir", "index", "nfs_export", "xino", "volatile"],
  ...["userxattr", "uuid", "verity", "fsync"],
]);

/**
 * Plans the mount of a layer on its `merged` directory.
 *
 * @throws {RangeError} If there are more layers than the kernel takes.
 * @throws {TypeError} If a path or an option cannot be passed to mount(8).
 */
export function planOverlay(request: OverlayRequest): MountPlan {
  const { home, layerId, lower, shortLower = lower } = request;
  const { lowerHome = home } = request;
  const fail = (why: string) => `Cannot mount layer "${layerId}": ${why}`;
  const problem = findProblem(request);
  if (problem !== undefined) throw new TypeError(fail(problem));
  if (lower.length > MAX_LOWERS) {
    throw new RangeError(
      fail(`it lies on ${lower.length} layers, overlayfs takes ${MAX_LOWERS}`),
    );
  }
  const { flags, data: extra } = splitOptions(request);
  const plan: MountPlan = {
    source: "overlay",
    target: `${home}/${layerId}/merged`,
    type: "overlay",
    flags,
    data: [...directories(request, "absolute"), ...extra].join(","),
  };
  if (fits(plan.data)) return plan;
  const isSame = shortLower.length === lower.length;
  for (const names of isSame ? [lower, shortLower] : [lower]) {
    const relative = directories({ ...request, lower: names }, "relative");
    const data = [...relative, ...extra].join(",");
    if (fits(data)) return { ...plan, data, cwd: lowerHome };
  }
  throw new RangeError(
    fail(`the names of its ${lower.length} layers take more than a page`),
  );
}

/** The directories in the order of the kernel: topmost first. */
function directories(
  { home, lowerHome = home, layerId, lower, access }: OverlayRequest,
  names: "absolute" | "relative",
): readonly string[] {
  const isShort = names === "relative";
  const path = (name: string) =>
    isShort && lowerHome === home ? name : `${home}/${name}`;
  const own = path(`${layerId}/diff`);
  // A layer without parents gets an empty directory instead.
  const below = (lower.length === 0 ? [`${layerId}/empty`] : lower)
    .map((name) => isShort || isAbsolute(name) ? name : `${lowerHome}/${name}`)
    .join(":");
  switch (access) {
    case "read-only":
      return [`lowerdir=${own}:${below}`];
    case "read-write":
      return [
        `lowerdir=${below}`,
        `upperdir=${own}`,
        `workdir=${path(`${layerId}/work`)}`,
      ];
  }
}

function splitOptions({ access, options = [], label }: OverlayRequest) {
  const words = splitWords(options);
  const isFlag = (word: string) => FLAGS.has(word);
  const flags = words.filter(isFlag);
  return {
    flags: access === "read-only" && !flags.includes("ro")
      ? ["ro", ...flags]
      : flags,
    data: [
      ...words.filter((word) => !isFlag(word)),
      ...(label ? [`context="${label}"`] : []),
    ],
  };
}

function splitWords(options: readonly string[]): readonly string[] {
  return options.flatMap((option) => option.split(",")).filter(Boolean);
}

function fits(data: string): boolean {
  return toBytes(data).byteLength < PAGE_BYTES;
}

function findProblem(
  { home, layerId, lower, shortLower = [], options = [], label = "" }:
    OverlayRequest,
): string | undefined {
  if (!isAbsolute(home)) return `home "${home}" is not absolute`;
  if (!isPlainName(layerId)) return "its ID is not a file name";
  const below = [...lower, ...shortLower];
  const odd = [home, layerId, ...below].find((path) =>
    hasUnsafeCharacter(path)
  );
  if (odd !== undefined) {
    return `path "${odd}" has a character that mount options cannot hold ` +
      '(, : " \\ or a control character)';
  }
  const invalid = below.find((entry) => !isAbsolute(entry) && !isInHome(entry));
  if (invalid !== undefined) return `"${invalid}" is no name of a lower layer`;
  if (/["\\]|\p{Cc}/u.test(label)) return `label ${label} is malformed`;
  const unknown = splitWords(options).find((word) => !isOption(word));
  return unknown && `mount option "${unknown}" is not supported`;
}

function isPlainName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !name.includes("/");
}

function hasUnsafeCharacter(path: string): boolean {
  return /[,:"\\]|\p{Cc}/u.test(path);
}

/** Whether this is a layer's directory, by its ID or by its short name. */
function isInHome(entry: string): boolean {
  const name = /^l\/(.*)$/s.exec(entry)?.[1] ??
    /^(.*)\/diff$/s.exec(entry)?.[1] ?? "";
  return isPlainName(name);
}

function isOption(word: string): boolean {
  const [name = ""] = word.split("=");
  return FLAGS.has(word) ||
    (DATA_OPTIONS.has(name) && /^[a-z_]+(=[a-z_]+)?$/.test(word));
}
