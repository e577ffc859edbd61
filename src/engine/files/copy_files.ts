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

/** What is copied: files, or those of an archive of tar's. */
export type CopySource = CopyPath | { readonly archive: ReadableStream<Bytes> };

/** Where to: to files, or into an archive of tar's. */
export type CopyTarget = CopyPath | { readonly archive: WritableStream<Bytes> };

/** How to copy. */
export interface CopyFilesOptions extends Abortable {
  /**
   * Whose copies in a container are: its user's, or who has them here.
   *
   * @default {"container"}
   */
  readonly owner?: "container" | "source" | undefined;
}

/**
 * Copies files as podman and docker do: into a directory that is there, or to a new
 * name in one. Links of a container never lead out of it, also while its processes
 * change them. Device nodes are left out; copies on this machine belong to who runs
 * orlop, and have no set-user-ID or set-group-ID bits. A container in which nothing
 * runs is mounted meanwhile.
 *
 * @param handle From `openAgent()`, with libc that has sockets.
 * @throws {ContainerNotFoundError} If a container is unknown.
 * @throws {NotFoundError} If a file or directory is.
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

/** What goes from where to where: a source or an input, a target or an output. */
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
    // A copy on this machine gets another owner: what a container's user wrote would
    // run as who runs orlop.
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
  const moving = from && to ? pipe(from, to) : Promise.resolve();
  // The one that writes says best why it could not go on.
  await settleAll([unpacking?.done, packing?.done, moving]);
}

function isOfHost(target: OpenedPlace | undefined): boolean {
  return target !== undefined && target.record === undefined;
}

/** Who reads has ended when it does not want more: its exit code tells. */
async function pipe(
  from: ReadableStream<Bytes>,
  to: WritableStream<Bytes>,
): Promise<void> {
  try {
    await from.pipeTo(to);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

function packPlan({ place, file, kind }: FoundSource, name: string) {
  const isInContainer = place.record !== undefined;
  if (kind === "file") {
    return { isInContainer, directory: file.folder, what: { file: file.name } };
  }
  // What is in a directory is a directory again under a new name.
  const what = name === "." ? "contents" : "directory";
  return { isInContainer, directory: file.path, what } as const;
}

/** Whose the copies in a container are; undefined for those of the source. */
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
