/** Converts flags of mounts to engine settings. */

import { isAbsolute, resolve } from "@std/path";
import { splitCsv } from "../../../formats/config/csv.ts";
import type { TmpfsVolume, Volume } from "../../../image/volumes.ts";
import { badFlag, parseSwitch } from "./flag_value.ts";

/** What one flag mounts. */
export type MountFlag =
  | { readonly kind: "bind"; readonly volume: Volume }
  | { readonly kind: "tmpfs"; readonly volume: TmpfsVolume };

/** A mount flag. */
interface Asked {
  /** The flag, as it was typed. */
  readonly flag: string;
  readonly text: string;
}

// Options that exclude each other, by row.
const EXCLUSIVE = [
  /^r[ow]$/,
  /^[zZO]$/,
  /^r?(private|shared|slave|unbindable)$/,
  /^r?bind$/,
  /^(no)?suid$/,
  /^(no)?dev$/,
  /^(no)?exec$/,
  /^(no)?copy$/,
  /^(no)?tmpcopyup$/,
  /^size=/,
  /^mode=/,
];
const BIND_OPTION =
  /^(r[ow]|r?(private|shared|slave|unbindable)|r?bind|(no)?(suid|dev|exec))$/;
const TMPFS_OPTION =
  /^(r[ow]|r?(private|shared|slave|unbindable)|(no)?(suid|dev|exec|tmpcopyup)|(size|mode)=.*)$/;
// Accepted without effect: orlop's containers have no SELinux label, so files need
// no relabeling, and its volumes are directories.
const WITHOUT_EFFECT = /^(z|Z|(no)?copy|cached|delegated|consistent)$/;
const REFUSED: Readonly<Record<string, string>> = {
  U: "orlop gives no files of the host away; use chown",
  O: "orlop mounts no overlays; copy the directory, or use ro",
  idmap: "orlop maps no user IDs",
};

/**
 * Reads `--volume`: `SOURCE:TARGET[:OPTION,…]`.
 *
 * @throws {UsageError} If it is malformed.
 */
export function readVolume(text: string): Volume {
  const asked = { flag: "volume", text };
  const [source = "", target, options, ...rest] = text.split(":");
  if (isAbsolute(source) && target === undefined) {
    throw bad(
      asked,
      "orlop makes no volumes; write SOURCE:TARGET, or use " +
        `--tmpfs ${source}`,
    );
  }
  if (source === "" || target === undefined || rest.length > 0) {
    throw bad(asked, "write SOURCE:TARGET or SOURCE:TARGET:OPTIONS");
  }
  if (!isAbsolute(source) && !source.startsWith(".")) {
    throw bad(
      asked,
      `orlop has no named volumes; write a path, such as ./${source}`,
    );
  }
  return bindVolume(asked, { source, target, words: splitOptions(options) });
}

/**
 * Reads `--tmpfs`: `TARGET[:OPTION,…]`.
 *
 * @throws {UsageError} If it is malformed.
 */
export function readTmpfs(text: string): TmpfsVolume {
  const asked = { flag: "tmpfs", text };
  const colon = text.indexOf(":");
  const target = colon < 0 ? text : text.slice(0, colon);
  const options = colon < 0 ? undefined : text.slice(colon + 1);
  return tmpfsVolume(asked, { target, words: splitOptions(options) });
}

/**
 * Reads `--mount`: `type=TYPE,source=PATH,target=PATH,…`.
 *
 * @throws {UsageError} If it is malformed.
 */
export function readMount(text: string): MountFlag {
  const asked = { flag: "mount", text };
  const { type, source, target = "", words } = readPairs(asked);
  switch (type) {
    case "bind":
      // As in podman: the same place on the host, if it names none.
      return {
        kind: "bind",
        volume: bindVolume(asked, {
          source: source ?? target,
          target,
          words,
        }),
      };
    case "tmpfs":
      if (source !== undefined) throw bad(asked, "a tmpfs has no source");
      return { kind: "tmpfs", volume: tmpfsVolume(asked, { target, words }) };
    case "volume":
      throw bad(asked, "orlop has no named volumes; write type=bind");
    default:
      throw bad(asked, "write type=bind or type=tmpfs");
  }
}

/** Reads the keys of `--mount`, with options as in `--volume`. */
function readPairs(asked: Asked) {
  const found: { type?: string; source?: string; target?: string } = {};
  const words: string[] = [];
  for (const field of splitFields(asked)) {
    const equals = field.indexOf("=");
    const key = equals < 0 ? field : field.slice(0, equals);
    const value = equals < 0 ? undefined : field.slice(equals + 1);
    switch (key) {
      case "type":
        found.type = value ?? "";
        break;
      case "src":
      case "source":
        found.source = value ?? "";
        break;
      case "dst":
      case "destination":
      case "target":
        found.target = value ?? "";
        break;
      default:
        words.push(...optionWords(asked, key, value));
    }
  }
  return { ...found, words };
}

function splitFields(asked: Asked): readonly string[] {
  try {
    return splitCsv(asked.text);
  } catch {
    throw bad(asked, "a quote is out of place");
  }
}

/** An option of `--mount`, as `--volume` has it. */
function optionWords(
  asked: Asked,
  key: string,
  value: string | undefined,
): readonly string[] {
  const isOn = () => readBoolean(asked, key, value);
  switch (key) {
    case "ro":
    case "readonly":
      return [isOn() ? "ro" : "rw"];
    case "rw":
      return [isOn() ? "rw" : "ro"];
    case "U":
    case "chown":
      return isOn() ? ["U"] : [];
    case "bind-nonrecursive":
      return isOn() ? ["bind"] : [];
    case "bind-propagation":
      return [value ?? ""];
    case "relabel":
      if (value === "shared" || value === "private") return ["z"];
      throw bad(asked, "write relabel=shared or relabel=private");
    case "consistency":
      return [];
    case "tmpfs-size":
      return [`size=${value ?? ""}`];
    case "tmpfs-mode":
      return [`mode=${value ?? ""}`];
    default:
      if (value === undefined && !key.startsWith("-")) return [key];
      throw bad(asked, `there is no option "${key}"`);
  }
}

function readBoolean(
  asked: Asked,
  key: string,
  value = "true",
): boolean {
  const isOn = parseSwitch(value);
  if (isOn !== undefined) return isOn;
  throw bad(asked, `write ${key}=true or ${key}=false`);
}

function bindVolume(
  asked: Asked,
  { source, target, words }: {
    readonly source: string;
    readonly target: string;
    readonly words: readonly string[];
  },
): Volume {
  checkTarget(asked, target);
  if (source === "") throw bad(asked, "the source is empty");
  const options = checkWords(asked, words, BIND_OPTION);
  const access = options.includes("ro") ? "read-only" : "read-write";
  const others = options.filter((word) => !/^r[ow]$/.test(word));
  return {
    source: resolve(source),
    target,
    access,
    ...(others.length === 0 ? {} : { options: others }),
  };
}

function tmpfsVolume(
  asked: Asked,
  { target, words }: {
    readonly target: string;
    readonly words: readonly string[];
  },
): TmpfsVolume {
  checkTarget(asked, target);
  const options = checkWords(asked, words, TMPFS_OPTION);
  for (const option of options) {
    if (option.startsWith("size=") && !/^size=\d+[kmg%]?$/i.test(option)) {
      throw bad(asked, `"${option}" is no size, such as size=64m`);
    }
    if (option.startsWith("mode=") && !/^mode=[0-7]{1,5}$/.test(option)) {
      throw bad(asked, `"${option}" is no mode, such as mode=0755`);
    }
  }
  return { target, ...(options.length === 0 ? {} : { options }) };
}

function splitOptions(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.split(",");
}

/** Checks options: known ones, each once; drops those without effect. */
function checkWords(
  asked: Asked,
  words: readonly string[],
  known: RegExp,
): readonly string[] {
  for (const pattern of EXCLUSIVE) {
    const conflicting = words.filter((word) => pattern.test(word));
    if (conflicting.length > 1) {
      throw bad(asked, `"${conflicting.join(",")}" exclude each other`);
    }
  }
  return words.filter((word) => {
    const refusal = Object.hasOwn(REFUSED, word) ? REFUSED[word] : undefined;
    if (refusal !== undefined) throw bad(asked, refusal);
    if (known.test(word)) return true;
    if (WITHOUT_EFFECT.test(word)) return false;
    throw bad(asked, `there is no option "${word}"`);
  });
}

function checkTarget(asked: Asked, target: string): void {
  if (target === "") throw bad(asked, "the target is missing");
  if (!isAbsolute(target)) {
    throw bad(asked, `target "${target}" is not absolute`);
  }
  if (resolve(target) !== "/") return;
  throw bad(asked, "a container's root is its image's");
}

function bad({ flag, text }: Asked, why: string): Error {
  return badFlag(flag, text, why);
}
