/** Fetches the layers that a store lacks. */

import {
  type Abortable,
  delayAbort,
  isInTime,
  linkSignals,
} from "../../errors/abort.ts";
import type { ImageBlobs } from "../../formats/oci/blob_source.ts";
import { makeOwnDirectory } from "../../fs/own_directory.ts";
import type { RetryRules } from "../../registry/send_request.ts";
import type { UnpackLimits } from "../../unpack/unpack_layer.ts";
import type { Agent } from "../agent.ts";
import { commitLayer } from "./commit_layer.ts";
import { LayerPipeline } from "./layer_pipeline.ts";
import { LayerWorkers } from "./layer_workers.ts";
import type { OnPullEvent } from "../progress/pull_event.ts";
import type { NeededLayer } from "./receive_layer.ts";
import {
  type StageContext,
  type StagedLayer,
  stageLayer,
} from "./stage_layer.ts";
import { openWriteBack, type WriteBack } from "./write_back.ts";

// How long complete layers wait for others, to share one sync.
const COMMIT_DELAY_MS = 5_000;
// How long an abort waits for the lock, to commit complete layers.
const STOP_GRACE_MS = 5_000;

/** How to fetch layers. */
export interface FetchLayersOptions extends Abortable {
  /** The missing layers, from the base up. */
  readonly needed: readonly NeededLayer[];
  readonly limits: UnpackLimits;
  readonly received?: "use" | "forget" | undefined;
  /** IDs of layers that replace those that are there. */
  readonly suspects?: ReadonlySet<string> | undefined;
  /** How to retry. */
  readonly retry?: RetryRules | undefined;
  /** The caller's workers; if omitted, some are started for this call. */
  readonly workers?: LayerWorkers | undefined;
  readonly onEvent: OnPullEvent;
}

/**
 * Fetches layers and commits those that are complete and have their parents in the
 * store. What was committed stays if a later one fails, so that a retry needs less.
 *
 * @throws {BlobMismatchError} If a digest or size is not as promised.
 * @throws {InvalidLayerError} If a layer is damaged or hostile.
 * @throws {RegistryError} If the registry does not give one.
 */
export async function fetchLayers(
  agent: Agent,
  source: ImageBlobs,
  options: FetchLayersOptions,
): Promise<void> {
  const { needed } = options;
  if (needed.length === 0) return;
  const failure = new AbortController();
  const signal = linkSignals(failure.signal, options.signal);
  await using own = new AsyncDisposableStack();
  const workers = options.workers ??
    own.use(new LayerWorkers(agent.store, source.files));
  makeOwnDirectory(workers.downloads);
  await using finished = agent.store.openStaging();
  using writeBack = openWriteBack(agent, workers.directory);
  const pipeline = new LayerPipeline({
    ...{ source, workers, retry: options.retry, parts: agent.parts },
    onWritten: (path, bytes) => void writeBack.begin(path, bytes),
  });
  const staged = stageAll(needed, {
    ...options,
    agent,
    pipeline,
    isDownload: source.files === undefined,
    directory: workers.directory,
    finished: finished.path,
    downloads: workers.downloads,
    signal,
    onFailure: (error) => failure.abort(error),
  });
  // While they free their memory they slow down this thread: better during the sync
  // of the disk than after the response.
  Promise.allSettled(staged).then(() => workers.endWorkers());
  try {
    await commitAll(agent, staged, { ...options, writeBack });
  } finally {
    failure.abort(); // after a failed commit, the rest is useless
    await releaseAll(staged);
  }
}

/** Commits complete layers in order, even after another one failed. */
async function commitAll(
  agent: Agent,
  staged: readonly Promise<StagedLayer | undefined>[],
  options: FetchLayersOptions & { readonly writeBack: WriteBack },
): Promise<void> {
  const waiting: ReadyLayer[] = [];
  let dueAt = 0;
  try {
    for (const [index, needed] of options.needed.entries()) {
      const ready = staged[index];
      if (ready === undefined) continue;
      const isDue = waiting.length > 0 &&
        !await isInTime(ready, dueAt - performance.now());
      if (isDue) await commitReady(agent, waiting.splice(0), options);
      const next = { needed, staged: await ready };
      if (waiting.length === 0) dueAt = performance.now() + COMMIT_DELAY_MS;
      waiting.push(next);
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    // This first error is thrown, whatever else fails.
    await commitReady(agent, waiting, options).catch(() => {});
    throw error;
  }
  options.signal?.throwIfAborted();
  await commitReady(agent, waiting, options);
}

/** Complete layers, from the base up; `undefined` if in the store. */
interface ReadyLayer {
  readonly needed: NeededLayer;
  readonly staged: StagedLayer | undefined;
}

/**
 * They share one sync, as each blocks the disk for a while. After an abort the
 * commit continues briefly, as their blobs are deleted already.
 */
async function commitReady(
  agent: Agent,
  ready: readonly ReadyLayer[],
  options: FetchLayersOptions & { readonly writeBack: WriteBack },
): Promise<void> {
  const staged = ready.flatMap(({ staged }) => staged ?? []);
  if (staged.length > 0) {
    for (const layer of staged) layer.forgetBlob();
    await options.writeBack.sync(staged.map(({ directory }) => directory));
  }
  using grace = delayAbort(options.signal, STOP_GRACE_MS);
  for (const { needed, staged } of ready) {
    if (staged !== undefined) {
      const isSuspect = options.suspects?.has(needed.id) === true;
      await commitLayer(agent, { needed, staged, isSuspect }, grace);
      staged[Symbol.dispose]();
    }
    options.onEvent({ kind: "committed", digest: needed.blob.digest });
  }
}

/** The largest first, so that the last one is small. */
function stageAll(
  needed: readonly NeededLayer[],
  context: StageContext & { readonly onFailure: (error: unknown) => void },
): readonly Promise<StagedLayer | undefined>[] {
  const started = new Map<NeededLayer, Promise<StagedLayer | undefined>>();
  const bySize = needed.toSorted((a, b) => b.blob.size - a.blob.size);
  for (const layer of bySize) {
    const staged = stage(
      layer,
      [...started.keys()].findLast(isSameBlob(layer)),
    );
    // A rejection before it is awaited must not end the process.
    staged.catch(() => {});
    started.set(layer, staged);
  }
  return needed.map((layer) => started.get(layer) ?? stage(layer, undefined));

  async function stage(
    layer: NeededLayer,
    earlier: NeededLayer | undefined,
  ): Promise<StagedLayer | undefined> {
    try {
      // The earlier layer passes its blob on; its failure also fails this one.
      if (earlier !== undefined) await started.get(earlier);
      const sameBlob = needed.slice(needed.indexOf(layer) + 1).find(
        isSameBlob(layer),
      );
      const staged = await stageLayer(context, layer, { sameBlob });
      const { digest } = layer.blob;
      if (staged !== undefined) context.onEvent({ kind: "unpacked", digest });
      return staged;
    } catch (error) {
      context.onFailure(error);
      throw error;
    }
  }
}

/** Some images have a layer twice, such as an empty one. */
function isSameBlob({ blob }: NeededLayer): (other: NeededLayer) => boolean {
  return (other) => other.blob.digest === blob.digest;
}

async function releaseAll(
  staged: readonly Promise<StagedLayer | undefined>[],
): Promise<void> {
  for (const result of await Promise.allSettled(staged)) {
    if (result.status === "fulfilled") result.value?.[Symbol.dispose]();
  }
}
