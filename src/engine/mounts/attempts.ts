/** Several requests for mounts at once, of which each can fail by itself. */

import type { LayerId } from "../../formats/storage/store_ids.ts";

/** The progress of one of several requests for mounts. */
export class Attempt<R> {
  /** The request. */
  readonly request: R;
  /** The mount point, mounted or not. */
  readonly target: string;
  /** Undefined until it is known. */
  isMounted: boolean | undefined;
  /** Whether others still use the mount. */
  isLeft = false;
  /** Why it has failed. */
  failure: { readonly reason: unknown } | undefined;

  /** Begins one. */
  constructor(request: R, target: string) {
    this.request = request;
    this.target = target;
  }

  /** Its result. */
  end<T>(value: T): PromiseSettledResult<T> {
    return this.failure === undefined
      ? { status: "fulfilled", value }
      : { status: "rejected", ...this.failure };
  }
}

/** Whether it has not failed so far. */
export function isGoing({ failure }: Attempt<unknown>): boolean {
  return failure === undefined;
}

/** Runs a step for all that have not failed; a failure does not stop the others. */
export async function stepAll<R>(
  attempts: readonly Attempt<R>[],
  step: (attempt: Attempt<R>) => Promise<void> | void,
): Promise<void> {
  await Promise.all(
    attempts.filter(isGoing).map(async (attempt) => {
      try {
        await step(attempt);
      } catch (reason) {
        attempt.failure = { reason };
      }
    }),
  );
}

/** Splits requests so that each group has a layer at most once. */
export function splitByLayer<
  R extends { readonly request: { readonly layerId: LayerId } },
>(
  ready: readonly R[],
): { readonly batch: readonly R[]; readonly later: readonly R[] } {
  const first = new Map<LayerId, R>();
  for (const each of ready) {
    const { layerId } = each.request;
    if (!first.has(layerId)) first.set(layerId, each);
  }
  const batch = [...first.values()];
  return { batch, later: ready.filter((each) => !batch.includes(each)) };
}
