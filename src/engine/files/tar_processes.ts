/**
 * Packs and unpacks files by tar. For files that a container could change
 * meanwhile, tar runs in a root of its own that has nothing but read-only programs:
 * a link that the container plants leads there, not to a file of the host.
 */

import { join } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import { CommandError } from "../../errors/store_errors.ts";
import type { Bytes } from "../../formats/bytes.ts";
import { makeOwnDirectory } from "../../fs/own_directory.ts";
import { findProgram } from "../../process/find_program.ts";
import { startProgram } from "../../process/start_program.ts";
import type { Agent } from "../agent.ts";

/** A directory that tar works in, and whether a container could change it. */
export interface TarPlace {
  /** A path that works even if the directory is renamed. */
  readonly directory: string;
  readonly isInContainer: boolean;
}

/** What to pack. */
export interface PackRequest extends TarPlace, Abortable {
  /**
   * A file there; undefined for the directory with all that is in it, or
   * `"contents"` for that without the directory itself.
   */
  readonly what: { readonly file: string } | "directory" | "contents";
  /** Its name in the archive; unused for `"contents"`. */
  readonly name: string;
  /** The owner of all files; unchanged if undefined. */
  readonly owner:
    | { readonly uid: number; readonly gid: number }
    | undefined;
  /** Whether to keep set-user-ID and set-group-ID bits. */
  readonly setIds: "keep" | "drop";
}

/** Where to unpack to. */
export interface UnpackRequest extends TarPlace, Abortable {
  /** `"own"` gives all files to the user of orlop. */
  readonly owners: "own" | "archive";
}

/** A tar that runs. */
export interface TarProcess {
  /** Resolves when it has succeeded. */
  readonly done: Promise<void>;
}

// Its arguments: an empty directory, the one to work in, the command. The mounts
// are in a namespace of its own, and go with it.
const SEAL = `
mini=$1 work=$2
shift 2
mount -t tmpfs -o mode=755,nosuid,nodev,size=1m none "$mini"
for name in bin sbin lib lib32 lib64 usr; do
  if [ -L "/$name" ]; then
    cp -P "/$name" "$mini/$name"
  elif [ -d "/$name" ]; then
    mkdir "$mini/$name"
    mount --bind -o ro "/$name" "$mini/$name"
  fi
done
mount -o remount,ro "$mini"
exec nsenter --root="$mini" --wd="$work" "$@"`;
// Device nodes are not copied: a copy would give access to the device.
const PACK_ALL = `
depth=$1 form=$2
shift 2
find . -mindepth "$depth" \\( -type b -o -type c \\) -prune -o -printf "$form" |
  tar --null --no-recursion --files-from=- "$@"`;
// With the directory itself, or the names in it alone.
const FORMS = {
  directory: ["0", "%p\\0"],
  contents: ["1", "%P\\0"],
} as const;

// The part of names in the archive that is replaced.
const PATTERNS = { file: "^.*$", directory: "^\\." } as const;

/** Begins to pack. */
export function startPacking(
  agent: Agent,
  request: PackRequest,
): TarProcess & { readonly archive: ReadableStream<Bytes> } {
  const { what, name, owner, setIds } = request;
  const isFile = typeof what === "object";
  const kind = isFile ? "file" : what;
  const flags = [
    ...["--create", "--file=-", "--numeric-owner"],
    ...["--warning=no-file-ignored", "--warning=no-file-changed"],
    ...(owner === undefined
      ? []
      : [`--owner=:${owner.uid}`, `--group=:${owner.gid}`]),
    ...(setIds === "drop" ? ["--mode=u-s,g-s"] : []),
    ...(kind === "contents"
      ? []
      : [`--transform=${renaming(PATTERNS[kind], name)}`]),
  ];
  const command = isFile
    ? ["tar", ...flags, "--dereference", "--", what.file]
    : ["sh", "-c", PACK_ALL, "sh", ...FORMS[what], ...flags];
  const child = start(agent, request, { command, stdin: "null" });
  // 1: something changed while it was read.
  return { archive: child.stdout, done: waitFor(child, [0, 1], request) };
}

/** Begins to unpack. */
export function startUnpacking(
  agent: Agent,
  request: UnpackRequest,
): TarProcess & { readonly archive: WritableStream<Bytes> } {
  const flags = [
    ...["--extract", "--file=-", "--numeric-owner", "--preserve-permissions"],
    request.owners === "own" ? "--no-same-owner" : "--same-owner",
    // `lib` stays a link to `usr/lib`; it leads nowhere out of the container.
    ...(request.isInContainer ? ["--keep-directory-symlink"] : []),
  ];
  const command = ["tar", ...flags];
  const child = start(agent, request, { command, stdin: "piped" });
  child.stdout.cancel().catch(() => {}); // it prints nothing
  return { archive: child.stdin, done: waitFor(child, [0], request) };
}

function start(
  { store }: Agent,
  { directory, isInContainer }: TarPlace,
  { command, stdin }: {
    readonly command: readonly string[];
    readonly stdin: "piped" | "null";
  },
): Deno.ChildProcess {
  if (!isInContainer) {
    const [program = "", ...args] = command;
    return startProgram(findProgram(program), args, { cwd: directory, stdin });
  }
  const mini = makeOwnDirectory(join(store.paths.runRoot, "orlop", "seal"));
  return startProgram(findProgram("unshare"), [
    ...["--mount", "--propagation", "private", "sh", "-e", "-c", SEAL],
    ...["sh", mini, directory, ...command],
  ], { cwd: "/", stdin });
}

// Only the beginning of tar's messages is shown.
const MAX_MESSAGE = 4096;

// sh always prints this in a root of its own, where the directory has no path.
const UNTOLD = /getcwd\(\) failed/;

async function waitFor(
  child: Deno.ChildProcess,
  okCodes: readonly number[],
  { signal }: Abortable,
): Promise<void> {
  const kill = () => child.kill("SIGTERM");
  signal?.addEventListener("abort", kill, { once: true });
  try {
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) {
      if (text.length < MAX_MESSAGE) text += decoder.decode(chunk);
    }
    const { code } = await child.status;
    signal?.throwIfAborted();
    if (okCodes.includes(code)) return;
    const line = text.trim().split("\n").find((line) => !UNTOLD.test(line));
    throw new CommandError(line || `tar ended with ${code}`, {
      exitCode: code,
    });
  } finally {
    signal?.removeEventListener("abort", kill);
  }
}

/** An expression of sed, for names and hard links, not for symbolic links. */
function renaming(pattern: string, name: string): string {
  const escaped = name.replaceAll(/[\\&,]/g, "\\$&").replaceAll("\n", "\\n");
  return `flags=rSh;s,${pattern},${escaped},`;
}
