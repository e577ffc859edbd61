/** Removals of containers that were answered, and go on: nobody is told of these. */

import { settleAll } from "../../../errors/abort.ts";
import type { ContainerId } from "../../../formats/storage/store_ids.ts";

interface Removal {
  readonly podId: string;
  readonly done: Promise<void>;
}

/** Those that are under way. */
export class Removals {
  readonly #underWay = new Map<ContainerId, Removal>();

  /** Adds one, until it is done or has failed. */
  add(id: ContainerId, removal: Removal): void {
    this.#underWay.set(id, removal);
    const end = () => this.#underWay.delete(id);
    removal.done.then(end, end);
  }

  /**
   * Waits for those that were made of a pod's containers by now.
   *
   * @throws What the first of them throws that fails.
   */
  async ofPod(podId: string): Promise<void> {
    await settleAll(
      [...this.#underWay.values()]
        .filter((removal) => removal.podId === podId)
        .map(({ done }) => done),
    );
  }

  /** Waits for all that there are by now, however they end. */
  async settle(): Promise<void> {
    await Promise.allSettled(
      [...this.#underWay.values()].map(({ done }) => done),
    );
  }
}
