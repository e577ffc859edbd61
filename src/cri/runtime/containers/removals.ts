/** Removals of containers that continue after their response. */

import { settleAll } from "../../../errors/abort.ts";
import type { ContainerId } from "../../../formats/storage/store_ids.ts";

interface Removal {
  readonly podId: string;
  readonly done: Promise<void>;
}

/** The running removals. */
export class Removals {
  readonly #underWay = new Map<ContainerId, Removal>();

  /** Adds one, until it is done or has failed. */
  add(id: ContainerId, removal: Removal): void {
    this.#underWay.set(id, removal);
    const end = () => this.#underWay.delete(id);
    removal.done.then(end, end);
  }

  /**
   * Waits for the running removals of a pod's containers.
   *
   * @throws The first error.
   */
  async ofPod(podId: string): Promise<void> {
    await settleAll(
      [...this.#underWay.values()]
        .filter((removal) => removal.podId === podId)
        .map(({ done }) => done),
    );
  }

  /** Waits for all running removals, whether they succeed or fail. */
  async settle(): Promise<void> {
    await Promise.allSettled(
      [...this.#underWay.values()].map(({ done }) => done),
    );
  }
}
