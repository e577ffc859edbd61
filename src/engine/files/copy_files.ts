/** Copies files into containers, and out of them. */

import { type Abortable, settleAll } from "../../errors/abort.ts";
import { NotFoundError } from "../../errors/not_found_errors.ts";
import { whyOf } from "../../errors/why.ts";
import type { Bytes } from "../../formats/bytes.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { readTemplate } from "../parse_stored.ts";
import { findOwn } from "../processes/find_own.ts";
import { openContainerRoot, openHostRoot } from "./container_root.ts";
import {
  archiveName,
  findSource,
  findTarget,
  type FoundSource,
  type OpenedPlace,
} from "./copy_plan.ts";
import { startPacking, startUnpacking } from "./tar_processes.ts";

/** A file or a directory: in a container, or on this machine, then absolute. */
export interface CopyPath {
  /**
   * The container, by name or ID.
   *
   * @default {none: this machine}
   */
  readonly container?: string | undefined;
  /** A directory that ends in `/.` stands for what is in it. */
  readonly path: string;
}

/** The source of a copy: files, or a tar archive. */
export type CopySource = CopyPath | { readonly archive: ReadableStream<Bytes> };

/** The destination of a copy: files, or a tar archive. */
export type CopyTarget = CopyPath | { readonly archive: WritableStream<Bytes> };

/** How to copy. */
export interface CopyFilesOptions extends Abortable {
  /**
   * The owner of copies in a container: its user, or the owner of the source.
   *
   * @default {"container"}
   */
  readonly owner?: "container" | "source" | undefined;
}

/**
 * Copies files as podman and docker do: into a directory that is there, or to a new
 * name in one. Links of a container never lead out of it, even while its processes
 * change them. Device nodes are skipped; copies on this machine belong to the user
 * of orlop, and have no set-user-ID or set-group-ID bits. A container without a
 * process is mounted temporarily.
 *
 * @param handle From `openAgent()`, with libc that has sockets.
 * @throws {ContainerNotFoundError} If a container is unknown.
 * @throws {NotFoundError} If a file or directory is missing.
 * @throws {PolicyError} If a container is another tool's.
 * @throws {TypeError} If a directory would take the place of a file.
 * @throws {Error} If not all could be copied.
 * @example
 * ```ts
 * import { type Agent, copyFiles } from "orlop";
 * async function saveLogs(agent: Agent, container: string): Promise<void> {
 *   const path = "/var/log/app";
 *   await copyFiles(agent, { container, path }, { path: "/srv/logs" });
 * }
 * ```
 */
export async function copyFiles(
  handle: AgentHandle,
  from: CopySource,
  to: CopyTarget,
  options: CopyFilesOptions = {},
): Promise<void> {
  const agent = insideOf(handle);
  await using undo = new AsyncDisposableStack();
  const source = "archive" in from
    ? undefined
    : undo.use(await openPlace(agent, from, options));
  const target = "archive" in to
    ? undefined
    : undo.use(await openPlace(agent, to, options));
  const found = source && undo.use(findSource(source));
  const input = "archive" in from ? from.archive : undefined;
  const output = "archive" in to ? to.archive : undefined;
  const what = `Cannot copy ${source?.shown ?? "the archive"} to ` +
    `${target?.shown ?? "an archive"}`;
  try {
    await transfer(agent, {
      ...{ found, input, output, target, options },
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof NotFoundError || error instanceof TypeError) {
      throw error;
    }
    throw new Error(`${what}: ${whyOf(error)}`, { cause: error });
  }
}

/** One transfer: from a source or an input to a target or an output. */
interface Transfer {
  readonly found: FoundSource | undefined;
  readonly input: ReadableStream<Bytes> | undefined;
  readonly target: OpenedPlace | undefined;
  readonly output: WritableStream<Bytes> | undefined;
  readonly options: CopyFilesOptions;
}

async function transfer(agent: Agent, request: Transfer): Promise<void> {
  const { found, input, target, output, options } = request;
  const { signal } = options;
  using place = target && findTarget(found, target);
  const name = place?.name ?? (found && archiveName(found)) ?? ".";
  const packing = found && startPacking(agent, {
    ...packPlan(found, name),
    ...{ name, owner: ownerOf(agent, request), signal },
    // A copy on this machine gets another owner: a set-user-ID program of a
    // container would run as the user of orlop.
    setIds: isOfHost(target) ? "drop" : "keep",
  });
  const unpacking = place && startUnpacking(agent, {
    directory: place.directory.path,
    isInContainer: target?.record !== undefined,
    owners: isOfHost(target) ? "own" : "archive",
    signal,
  });
  const from = packing?.archive ?? input;
  const to = unpacking?.archive ?? output;
  const moving = from && to ? pipe(from, to, options) : Promise.resolve();
  // The error of the writer explains best why the copy failed.
  await settleAll([unpacking?.done, packing?.done, moving]);
}

function isOfHost(target: OpenedPlace | undefined): boolean {
  return target !== undefined && target.record === undefined;
}

/** A reader that closes its input early has ended: its exit code shows why. */
async function pipe(
  from: ReadableStream<Bytes>,
  to: WritableStream<Bytes>,
  { signal }: Abortable,
): Promise<void> {
  try {
    // An input that says nothing more would be waited for, otherwise.
    await from.pipeTo(to, signal && { signal });
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

function packPlan({ place, file, kind }: FoundSource, name: string) {
  const isInContainer = place.record !== undefined;
  if (kind === "file") {
    return { isInContainer, directory: file.folder, what: { file: file.name } };
  }
  // The contents of a directory get a new directory.
  const what = name === "." ? "contents" : "directory";
  return { isInContainer, directory: file.path, what } as const;
}

/** The owner of copies in a container; undefined to keep the source's owners. */
function ownerOf(
  agent: Agent,
  { target, options }: Transfer,
): { readonly uid: number; readonly gid: number } | undefined {
  const { owner = "container" } = options;
  if (target?.record === undefined || owner === "source") return undefined;
  const user = readTemplate(agent, target.record.id)?.process?.user;
  return { uid: user?.uid ?? 0, gid: user?.gid ?? 0 };
}

async function openPlace(
  agent: Agent,
  { container, path }: CopyPath,
  options: Abortable,
): Promise<OpenedPlace> {
  if (container === undefined) {
    const root = openHostRoot(agent);
    return {
      ...{ path, root, shown: `"${path}"`, record: undefined },
      [Symbol.asyncDispose]: () => root[Symbol.asyncDispose](),
    };
  }
  const verb = "change";
  const record = await findOwn(agent, container, { ...options, verb });
  const root = await openContainerRoot(agent, record, options);
  return {
    ...{ path: path || "/", root, shown: `"${container}:${path}"`, record },
    [Symbol.asyncDispose]: () => root[Symbol.asyncDispose](),
  };
}
