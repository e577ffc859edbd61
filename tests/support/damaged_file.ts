/** Each file of a store, and each way in which it can be damaged. */

import { join } from "@std/path";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";

/** A store that is whole, and how it was before its last changes. */
export interface Templates {
  readonly now: string;
  readonly before: string;
}

/** A file that can be damaged. */
export interface StoreFile {
  /** What it is, whatever IDs are in its path. */
  readonly role: string;
  /** Below the root. */
  readonly path: string;
  /** Others of the same folder, or of the same role. */
  readonly siblings: readonly string[];
}

/** A way to damage a file. @returns False if that would change nothing. */
export type DamageFile = (
  root: string,
  file: StoreFile,
  templates: Templates,
) => boolean;

/** All ways, by their names. */
export const FILE_DAMAGES: Readonly<Record<string, DamageFile>> = {
  gone: (root, { path }) => {
    rmSync(join(root, path));
    return true;
  },
  empty: rewrite(() => new Uint8Array()),
  cut: rewrite((bytes) => bytes.subarray(0, bytes.length / 2)),
  NULs: rewrite((bytes) => new Uint8Array(bytes.length)),
  flipped: rewrite((bytes) => {
    const middle = Math.floor(bytes.length / 2);
    return bytes.map((byte, index) => index === middle ? byte ^ 1 : byte);
  }),
  swapped: (root, file) =>
    file.siblings.some((sibling) =>
      replace(join(root, file.path), readAny(join(root, sibling)))
    ),
  old: (root, { path }, { before }) =>
    existsSync(join(before, path)) &&
    replace(join(root, path), readAny(join(before, path))),
  folder: (root, { path }) => {
    rmSync(join(root, path));
    mkdirSync(join(root, path));
    return true;
  },
};

/** Lists the files of a store; of those in containers' own layers, none. */
export function listStoreFiles(
  { now }: Templates,
  names: Readonly<Record<string, string>>,
): readonly StoreFile[] {
  const paths = readdirSync(now, { recursive: true, encoding: "utf8" })
    .filter((path) => !lstatSync(join(now, path)).isDirectory())
    // What another tool keeps for itself is none of orlop's.
    .filter((path) => !/\/diff\/mine$|\/\.has-mount-program$/.test(path));
  const roles = new Map(paths.map((path) => [path, roleOf(path, names)]));
  return paths.map((path) => {
    const role = roles.get(path) ?? "";
    const others = paths.filter((other) => other !== path);
    const alike = others.filter((other) =>
      kindOf(roles.get(other) ?? "") === kindOf(role)
    );
    const folder = path.slice(0, path.lastIndexOf("/"));
    const beside = others.filter((other) =>
      other.startsWith(`${folder}/`) && !/\/|\.lock$/.test(
        other.slice(folder.length + 1),
      )
    );
    return { role, path, siblings: [...alike, ...beside] };
  });
}

/** Its path, with words for IDs. */
function roleOf(path: string, names: Readonly<Record<string, string>>): string {
  let role = path;
  for (const [id, name] of Object.entries(names)) {
    role = role.replaceAll(id, name);
  }
  return role.replace(
    /\/=[\w+=/-]+$/,
    (item) =>
      `/=${atob(item.slice(2)).replace(/sha256[:-]?[0-9a-f]{64}/g, "DIGEST")}`,
  )
    .replace(/[0-9a-f]{64}/g, "ID")
    .replace(/overlay\/l\/[A-Z2-7]{26}/, "overlay/l/SHORT")
    .replace(/reserve\/\d+/, "reserve/N");
}

/** Its role, whichever object it is of. */
function kindOf(role: string): string {
  return role.replace(/(BASE|TOP|OWN|INFRA|PAUSE|ID)/g, "ID");
}

function rewrite(change: (bytes: Uint8Array) => Uint8Array): DamageFile {
  return (root, { path }) => {
    const whole = join(root, path);
    const before = readAny(whole);
    if (typeof before !== "string") return replace(whole, change(before));
    const bytes = change(new TextEncoder().encode(before));
    const target = new TextDecoder().decode(bytes).replaceAll("\0", "0");
    return target !== "" && replace(whole, target);
  };
}

/** Its content or, of a symbolic link, the target. */
function readAny(path: string): Uint8Array | string {
  try {
    return readlinkSync(path);
  } catch {
    return new Uint8Array(readFileSync(path));
  }
}

function replace(path: string, content: Uint8Array | string): boolean {
  const before = readAny(path);
  if (typeof before !== typeof content) return false;
  if (typeof content === "string") {
    if (content === before) return false;
    rmSync(path);
    symlinkSync(content, path);
    return true;
  }
  if (typeof before !== "string" && before.toBase64() === content.toBase64()) {
    return false;
  }
  writeFileSync(path, content); // its owner and mode stay
  return true;
}

/** What may be in the place of a file, and is none. */
export const NO_FILES: Readonly<Record<string, (path: string) => void>> = {
  "a directory": (path) => {
    Deno.removeSync(path);
    Deno.mkdirSync(path);
  },
  "a link to itself": (path) => {
    Deno.removeSync(path);
    Deno.symlinkSync(path, path);
  },
  "a FIFO without a writer": (path) => {
    Deno.removeSync(path);
    new Deno.Command("mkfifo", { args: [path] }).outputSync();
  },
};
