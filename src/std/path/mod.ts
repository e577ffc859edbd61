/**
 * The part of `@std/path` that orlop uses, for Linux. It is no wrapper of
 * `node:path`: any module of Node costs each start of a program 6 ms and more.
 */

/** Whether a path starts at the root. */
export function isAbsolute(path: string): boolean {
  return path.startsWith("/");
}

// An empty part, `.` or `..`.
const ODD_PART = /\/\.{0,2}(?:\/|$)|^\.{0,2}$|^\.{1,2}\//;

/** Removes `.`, `..` and empty parts; `.` stands for nothing at all. */
export function normalize(path: string): string {
  if (!ODD_PART.test(path)) return path;
  const parts = normalizeParts(path.split("/"), isAbsolute(path));
  const text = (isAbsolute(path) ? "/" : "") + parts.join("/");
  if (text === "") return path.endsWith("/") ? "./" : ".";
  return path.endsWith("/") && parts.length > 0 ? `${text}/` : text;
}

/** Joins parts of a path, and normalizes it. */
export function join(...parts: readonly string[]): string {
  return normalize(parts.filter((part) => part !== "").join("/"));
}

/** Follows paths one after the other, from the current directory on. */
export function resolve(...paths: readonly string[]): string {
  const from = paths.findLastIndex(isAbsolute);
  const all = from < 0 ? [Deno.cwd(), ...paths] : paths.slice(from);
  return `/${normalizeParts(all.join("/").split("/"), ABSOLUTE).join("/")}`;
}

/** Returns the path that leads from one place to another; empty if it is one. */
export function relative(from: string, to: string): string {
  const [start, end] = [partsOf(resolve(from)), partsOf(resolve(to))];
  const differs = start.findIndex((part, index) => part !== end[index]);
  const common = differs < 0 ? start.length : differs;
  return [...start.slice(common).fill(".."), ...end.slice(common)].join("/");
}

/** Returns a path without its last part: `.` of a bare name. */
export function dirname(path: string): string {
  const end = trimEnd(path).lastIndexOf("/");
  if (end < 0) return isAbsolute(path) ? "/" : ".";
  return trimEnd(path.slice(0, end)) || "/";
}

/** Returns a path's last part, without `suffix`, if it ends so: `/` of `/`. */
export function basename(path: string, suffix = ""): string {
  const whole = trimEnd(path);
  const name = whole.slice(whole.lastIndexOf("/") + 1) || path.slice(0, 1);
  return name.length > suffix.length && name.endsWith(suffix)
    ? name.slice(0, name.length - suffix.length)
    : name;
}

/** Returns the end of a name from its last dot on, unless that begins it. */
export function extname(path: string): string {
  const name = basename(path);
  const dot = name.lastIndexOf(".");
  return dot > 0 && name !== ".." ? name.slice(dot) : "";
}

/**
 * Returns the path that a `file:` address stands for.
 *
 * @throws {TypeError} If it is another address.
 */
export function fromFileUrl(url: string | URL): string {
  const { protocol, pathname } = new URL(url);
  if (protocol !== "file:") {
    throw new TypeError(`URL must be a file URL: received "${protocol}"`);
  }
  return decodeURIComponent(pathname);
}

/**
 * Returns the `file:` address of an absolute path.
 *
 * @throws {TypeError} If the path is relative.
 */
export function toFileUrl(path: string): URL {
  if (!isAbsolute(path)) {
    throw new TypeError(`Path must be absolute: received "${path}"`);
  }
  const url = new URL("file:///");
  url.pathname = encodeURI(path).replace(/[?#\\]/g, encodeURIComponent);
  return url;
}

const ABSOLUTE = true;

/** What is left of parts; those of an absolute path do not lead above it. */
function normalizeParts(
  parts: readonly string[],
  isAbsolute: boolean,
): string[] {
  const normal: string[] = [];
  for (const part of parts) {
    if (part === "" || part === ".") continue;
    const last = normal.at(-1);
    if (part !== "..") normal.push(part);
    else if (last !== undefined && last !== "..") normal.pop();
    else if (!isAbsolute) normal.push(part);
  }
  return normal;
}

function partsOf(path: string): readonly string[] {
  return path.split("/").filter((part) => part !== "");
}

function trimEnd(path: string): string {
  let end = path.length;
  while (path[end - 1] === "/") end--;
  return path.slice(0, end);
}
