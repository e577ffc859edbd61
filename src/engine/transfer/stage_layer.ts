/** Brings one layer into the staging directory, verified. */

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

/** What staging works with. */
export interface StageContext extends ReceiveContext {
  readonly agent: Agent;
  /** Where workers unpack layers: no symlink may be there. */
  readonly directory: string;
  /** Where layers are finished, out of reach of all workers. */
  readonly finished: string;
  /** IDs of layers that are fetched although they are in the store. */
  readonly suspects?: ReadonlySet<string> | undefined;
}

/**
 * A layer that is unpacked, but not yet in the store. While it is not disposed
 * of, other processes wait for it instead of fetching the same.
 */
export interface StagedLayer extends Disposable {
  readonly directory: string;
  readonly unpacked: UnpackedLayer;
  /**
   * Removes its blob. Until then it is of use for who pulls again after this pull
   * is stopped; but the sync would write it to the disk, too.
   */
  forgetBlob(): void;
}

/**
 * Fetches, unpacks, verifies and finishes a layer.
 *
 * @returns Undefined if another process has brought it meanwhile.
 * @throws {BlobMismatchError} If a digest or size is not as promised.
 * @throws {InvalidLayerError} If the layer is damaged or hostile.
 */
export async function stageLayer(
  context: StageContext,
  needed: NeededLayer,
  { twin }: Pick<ReceiveOptions, "twin">,
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
      { directory: join(context.directory, name), twin },
    );
    // Now come its symlinks: with them, a worker's permission to write where it
    // unpacks another layer would be one to write anywhere.
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

/** What only GNU tar can make, while other layers are still received. */
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
  rmSync(spool); // or it would be written to the disk by the sync, too
}

/** The same layer, wanted by two processes, is fetched once. */
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
