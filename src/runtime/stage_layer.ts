/** Brings one layer into the staging directory, verified. */

import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "@std/path";
import type { Abortable } from "../abort.ts";
import {
  BlobMismatchError,
  InvalidLayerError,
  NoSpaceError,
} from "../errors.ts";
import type { BlobAccess } from "../formats/blob_source.ts";
import type { Descriptor } from "../formats/descriptor.ts";
import type { Digest } from "../formats/digest.ts";
import { acquireLock, type HeldLock } from "../store/lock.ts";
import type { UnpackedLayer, UnpackLimits } from "../store/unpack_layer.ts";
import type { Agent } from "./agent.ts";
import type { LayerJob } from "./layer_job.ts";
import type { LayerPool } from "./layer_pool.ts";
import type { OnPullEvent } from "./pull_event.ts";

/** A layer that an image needs. */
export interface NeededLayer {
  /** Its ID in the store, which depends on the layers below it. */
  readonly id: string;
  readonly parent: string | undefined;
  readonly blob: Descriptor;
  readonly diffId: Digest;
}

/** What staging works with. */
export interface StageContext extends Abortable {
  readonly agent: Agent;
  readonly pool: LayerPool;
  readonly access: BlobAccess;
  /** The only directory that the workers may write. */
  readonly directory: string;
  /** Keeps what was received of a layer when a pull is cut short. */
  readonly downloads: string;
  readonly limits: UnpackLimits;
  readonly onEvent: OnPullEvent;
}

/**
 * A layer that is unpacked, but not yet in the store. While it is not disposed
 * of, other processes wait for it instead of fetching the same.
 */
export interface StagedLayer extends Disposable {
  readonly directory: string;
  readonly unpacked: UnpackedLayer;
}

/**
 * Fetches, unpacks and verifies a layer.
 *
 * @returns Undefined if another process has brought it meanwhile.
 * @throws {BlobMismatchError} If a digest or size is not as promised.
 * @throws {InvalidLayerError} If the layer is damaged or hostile.
 */
export async function stageLayer(
  context: StageContext,
  needed: NeededLayer,
): Promise<StagedLayer | undefined> {
  const { agent, directory: parent } = context;
  const held = new DisposableStack();
  try {
    held.use(await lockPull(agent, needed.id, context));
    if (await isInStore(agent, needed.id, context)) {
      held.dispose();
      return undefined;
    }
    const directory = join(parent, `${needed.id}-addition`);
    const unpacked = await receive(context, needed, directory);
    const stack = held.move();
    return { directory, unpacked, [Symbol.dispose]: () => stack.dispose() };
  } catch (error) {
    held.dispose();
    throw error;
  }
}

/** Goes on where an earlier pull stopped; if that fails, from the beginning. */
async function receive(
  context: StageContext,
  needed: NeededLayer,
  directory: string,
): Promise<UnpackedLayer> {
  const partial = context.access.kind === "http"
    ? join(context.downloads, needed.id)
    : undefined;
  const isResumed = partial !== undefined && existsSync(partial);
  try {
    const unpacked = await runJob(context, needed, { directory, partial });
    verify(unpacked, needed);
    forget();
    return unpacked;
  } catch (error) {
    if (!isFaultOfBytes(error)) throw error;
    forget();
    if (!isResumed) throw error;
    const { digest } = needed.blob;
    const reason = "what was received earlier does not fit";
    context.onEvent({ kind: "retry", digest, reason });
    return await receive(context, needed, directory);
  }

  function forget(): void {
    if (partial !== undefined) rmSync(partial, { force: true });
  }
}

/** Then what was received is of no use: it is wrong, or there is no room. */
function isFaultOfBytes(error: unknown): boolean {
  return error instanceof BlobMismatchError ||
    error instanceof InvalidLayerError || error instanceof NoSpaceError;
}

async function runJob(
  { pool, access, limits, onEvent, signal }: StageContext,
  { blob }: NeededLayer,
  { directory, partial }: Pick<LayerJob, "directory" | "partial">,
): Promise<UnpackedLayer> {
  const { digest, size } = blob;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { mode: 0o700 });
  const job = { access, layer: blob, directory, partial, limits };
  try {
    return await pool.run(job, {
      signal,
      onProgress: (received) =>
        onEvent({ kind: "download", digest, received, size }),
      onRetry: (reason) => onEvent({ kind: "retry", digest, reason }),
    });
  } catch (error) {
    if (error instanceof InvalidLayerError) nameLayer(error, digest);
    throw error;
  }
}

/** The unpacker does not know which layer it is that it cannot unpack. */
function nameLayer(error: Error, digest: Digest): void {
  error.message = error.message.replace(" the layer:", ` layer "${digest}":`);
}

function verify(
  { compressedDigest, compressedSize, diffId }: UnpackedLayer,
  needed: NeededLayer,
): void {
  const { digest, size } = needed.blob;
  if (compressedDigest !== digest || compressedSize !== size) {
    throw new BlobMismatchError(
      `Cannot pull layer "${digest}": digest is ${compressedDigest} after ` +
        `${compressedSize} of ${size} bytes`,
    );
  }
  if (diffId === needed.diffId) return;
  throw new BlobMismatchError(
    `Cannot store layer "${digest}": uncompressed digest is ${diffId}, ` +
      `the config says ${needed.diffId}`,
  );
}

/** The same layer, wanted by two processes, is fetched once. */
function lockPull(
  { store, log }: Agent,
  layerId: string,
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
  { store }: Agent,
  layerId: string,
  options: Abortable,
): Promise<boolean> {
  using held = await store.lock({ layers: "read" }, options);
  return held.layers.get(layerId) !== undefined;
}
