/** Fetches and verifies one layer in the staging directory. */

import { join } from "@std/path";
import { existsSync, renameSync, rmSync } from "node:fs";
import type { Abortable } from "../../errors/abort.ts";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import { findProgram } from "../../process/find_program.ts";
import { runCommand } from "../../process/run_command.ts";
import { acquireLock, type HeldLock } from "../../store/records/lock.ts";
import { applySpool } from "../../unpack/apply_spool.ts";
import type { UnpackedLayer } from "../../unpack/unpack_blob.ts";
import type { Agent } from "../agent.ts";
import {
  type NeededLayer,
  type ReceiveContext,
  receiveLayer,
  type ReceiveOptions,
} from "./receive_layer.ts";
import { canReuse } from "./reuse_layer.ts";

/** The context of staging. */
export interface StageContext extends ReceiveContext {
  readonly agent: Agent;
  /** Where workers unpack layers: no symlink may be there. */
  readonly directory: string;
  /** Where layers are finished, inaccessible to workers. */
  readonly finished: string;
  /** IDs of layers that are fetched although they are in the store. */
  readonly suspects?: ReadonlySet<string> | undefined;
}

/**
 * A layer that is unpacked, but not yet in the store. Until it is disposed of,
 * other processes wait for it instead of fetching it, too.
 */
export interface StagedLayer extends Disposable {
  readonly directory: string;
  readonly unpacked: UnpackedLayer;
  /**
   * Removes its blob, which was kept for a pull after an abort; before the sync,
   * which would write it to the disk, too.
   */
  forgetBlob(): void;
}

/**
 * Fetches, unpacks, verifies and finishes a layer.
 *
 * @returns Undefined if another process has stored it meanwhile.
 * @throws {BlobMismatchError} If a digest or size is not as promised.
 * @throws {InvalidLayerError} If the layer is damaged or hostile.
 */
export async function stageLayer(
  context: StageContext,
  needed: NeededLayer,
  { sameBlob }: Pick<ReceiveOptions, "sameBlob">,
): Promise<StagedLayer | undefined> {
  const { agent } = context;
  const held = new DisposableStack();
  try {
    held.use(await lockPull(agent, needed.id, context));
    const isSuspect = context.suspects?.has(needed.id) === true;
    if (!isSuspect && await isInStore(agent, needed, context)) {
      held.dispose();
      return undefined;
    }
    const name = `${needed.id}-addition`;
    const { unpacked, directory: received } = await receiveLayer(
      context,
      needed,
      { directory: join(context.directory, name), sameBlob },
    );
    // Symlinks are made only here: in a directory that workers may write to, they
    // would extend that permission to any path.
    const directory = join(context.finished, name);
    renameSync(received, directory);
    await finishUnpacked(directory, needed, context).catch((error) => {
      if (error !== context.signal?.reason) forgetBlob(context, needed);
      throw error;
    });
    const stack = held.move();
    return {
      ...{ directory, unpacked },
      forgetBlob: () => forgetBlob(context, needed),
      [Symbol.dispose]: () => stack.dispose(),
    };
  } catch (error) {
    held.dispose();
    throw error;
  }
}

function forgetBlob({ downloads }: ReceiveContext, { id }: NeededLayer): void {
  rmSync(join(downloads, id), { force: true });
}

/** Lets GNU tar make special files, while other layers are still received. */
async function finishUnpacked(
  directory: string,
  { blob: { digest } }: NeededLayer,
  { signal }: Abortable,
): Promise<void> {
  const spool = join(directory, "spool.tar");
  if (!existsSync(spool)) return;
  await applySpool(directory, async (args) => {
    const { stderr } = await runCommand(findProgram("tar"), args, { signal });
    return stderr;
  }, { layer: `layer "${digest}"` });
  rmSync(spool); // otherwise the sync would write it to the disk
}

/** Two processes that need the same layer fetch it once. */
function lockPull(
  { store, log }: Agent,
  layerId: LayerId,
  { signal }: Abortable,
): Promise<HeldLock> {
  const path = join(store.paths.runRoot, "orlop", "pulls", layerId);
  return acquireLock(path, "write", {
    libc: store.libc,
    signal,
    onWait: (message) => log("info", message),
  });
}

async function isInStore(
  agent: Agent,
  needed: NeededLayer,
  options: Abortable,
): Promise<boolean> {
  using held = await agent.store.lock({ layers: "read" }, options);
  return await canReuse(agent, held.layers, needed);
}
