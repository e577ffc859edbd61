/**
 * Mounts and unmounts through mount(8) and umount(8). The list of mounts comes from
 * the kernel; without libc, through findmnt(8).
 */

import { type Abortable, settleAll } from "../errors/abort.ts";
import {
  FINDMNT_COLUMNS,
  type MountEntry,
  parseFindmnt,
  parseMountInfo,
} from "../formats/storage/mount_table.ts";
import { findProgram } from "../process/find_program.ts";
import type { Libc } from "../process/libc.ts";
import { type CommandResult, runCommand } from "../process/run_command.ts";
import { mountError, unmountError } from "./explain_mount.ts";
import type { Mounter, UnmountOptions } from "./mounter.ts";
import type { MountPlan } from "./plan_overlay.ts";

/** The calls that ask the kernel. */
type MountLibc = Pick<Libc, "readMountTable" | "isMountPoint">;

/**
 * The mounts of the kernel.
 *
 * @param libc Reads the table of mounts; without it, a program does.
 */
export function systemMounter(libc?: MountLibc): Mounter {
  return new SystemMounter(libc);
}

// libmount >= 2.39 would use fsconfig(2), which takes 256 bytes an option.
const MOUNT_ENV = { "LIBMOUNT_FORCE_MOUNT2": "always" };

// What they print on stdout is of no use.
const HOW = { stdout: "ignored", okCodes: "any", group: "shared" } as const;

class SystemMounter implements Mounter {
  readonly #libc: MountLibc | undefined;
  readonly #programs = new Map<string, string>();

  constructor(libc: MountLibc | undefined) {
    this.#libc = libc;
  }

  async mount(plan: MountPlan, options: Abortable = {}): Promise<void> {
    const { source, target, type, flags, data, cwd } = plan;
    const words = [...flags, ...(data === "" ? [] : [data])];
    const args = ["--types", type, "--source", source, "--target", target];
    if (words.length > 0) args.push("--options", words.join(","));
    for (;;) {
      const result = await this.#mount(args, {
        ...options,
        ...(cwd === undefined ? {} : { cwd }),
      });
      if (result.code === 0) return;
      if (!wasInterrupted(result)) throw mountError(plan, result);
      if (await this.isMounted(target, options)) return;
    }
  }

  async unmount(target: string, options: UnmountOptions = {}): Promise<void> {
    const { mode = "strict", signal } = options;
    const args = ["--internal-only", "--no-mtab"];
    if (mode === "lazy") args.push("--lazy");
    for (;;) {
      const result = await runCommand(this.#find("umount"), [
        ...args,
        "--",
        target,
      ], { ...HOW, signal });
      if (result.code === 0) return;
      if (wasInterrupted(result)) {
        if (await this.isMounted(target)) continue;
        return;
      }
      const error = unmountError(target, result);
      if (error !== undefined) throw error;
      return;
    }
  }

  async unmountAll(
    targets: readonly string[],
    { signal }: Abortable = {},
  ): Promise<void> {
    if (targets.length === 0) return;
    const args = ["--internal-only", "--no-mtab", "--lazy", "--", ...targets];
    const { code } = await runCommand(this.#find("umount"), args, {
      ...HOW,
      signal,
    });
    if (code === 0) return;
    // Separate calls show which of them failed, and why.
    await settleAll(
      targets.map((target) => this.unmount(target, { signal, mode: "lazy" })),
    );
  }

  async isMounted(target: string, options: Abortable = {}): Promise<boolean> {
    options.signal?.throwIfAborted();
    // The table grows with each container, so the kernel is asked first.
    if (this.#libc?.isMountPoint(target) === true) return true;
    return await this.#findOn(target, options) !== undefined;
  }

  async list(
    directory: string,
    options: Abortable = {},
  ): Promise<readonly MountEntry[]> {
    const real = realPath(directory);
    const prefix = real.endsWith("/") ? real : `${real}/`;
    return (await this.#readTable(real, options))
      .filter(({ target }) => target === real || target.startsWith(prefix))
      .map((entry) => ({
        ...entry,
        target: directory + entry.target.slice(real.length),
      }));
  }

  async bindPrivate(directory: string, options: Abortable = {}): Promise<void> {
    for (;;) {
      options.signal?.throwIfAborted();
      // A mount that is hidden below another does not count.
      const entry = this.#libc?.isMountPoint(directory) === false
        ? undefined
        : await this.#findOn(directory, options);
      if (entry?.propagation === "private") return;
      const bind = entry === undefined ? ["--bind", directory] : [];
      const args = [...bind, "--make-private", directory];
      const result = await this.#mount(args, options);
      if (result.code === 0) return;
      if (wasInterrupted(result)) continue;
      throw mountError({ target: directory, type: "bind" }, result);
    }
  }

  #mount(
    args: readonly string[],
    { signal, cwd }: Abortable & { readonly cwd?: string },
  ): Promise<CommandResult> {
    return runCommand(this.#find("mount"), [
      "--internal-only",
      "--no-mtab",
      ...args,
    ], {
      ...HOW,
      signal,
      env: MOUNT_ENV,
      ...(cwd === undefined ? {} : { cwd }),
    });
  }

  /** The topmost mount on a directory. */
  async #findOn(
    directory: string,
    options: Abortable,
  ): Promise<MountEntry | undefined> {
    const real = realPath(directory);
    return (await this.#readTable(real, options))
      .findLast(({ target }) => target === real);
  }

  /** Reads at least all mounts on a path and below it. */
  async #readTable(
    path: string,
    { signal }: Abortable,
  ): Promise<readonly MountEntry[]> {
    signal?.throwIfAborted();
    const text = this.#libc?.readMountTable();
    if (text !== undefined) return parseMountInfo(keepLines(text, path));
    const { stdout } = await runCommand(this.#find("findmnt"), [
      "--kernel",
      "--json",
      "--list",
      "--output",
      FINDMNT_COLUMNS,
    ], { signal, okCodes: [0, 1] }); // 1: there is none.
    return parseFindmnt(stdout);
  }

  /** Looks for a program at its first use. */
  #find(name: string): string {
    const path = this.#programs.get(name) ?? findProgram(name);
    this.#programs.set(name, path);
    return path;
  }
}

/** Of a table with thousands of mounts, only a few lines need to be parsed. */
function keepLines(table: string, path: string): string {
  // The kernel escapes blanks, backslashes and other special characters.
  if (!/^[\w/.:@+-]+$/.test(path)) return table;
  return table.split("\n").filter((line) => line.includes(path)).join("\n");
}

// 128 plus SIGHUP, SIGINT or SIGTERM: a terminal, or a program such as timeout(1),
// sends them to the whole process group.
const INTERRUPTED = [129, 130, 143];

/**
 * Whether a signal that was meant for orlop ended the program: then it must run
 * again.
 */
function wasInterrupted({ code }: CommandResult): boolean {
  return INTERRUPTED.includes(code);
}

/**
 * The kernel lists real paths; a path that is missing or inaccessible is returned
 * as it is.
 */
function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path;
  }
}
