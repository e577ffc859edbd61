/** Deletes files of removed images after the response. */

import type { Agent } from "../../engine/agent.ts";
import { isInTime } from "../../errors/abort.ts";
import { whyOf } from "../../errors/why.ts";

// Files that are left then, or after a kill, are removed by the next command.
const PATIENCE_MS = 10_000;

/** Trash that is being emptied. Disposing waits for it, for a while. */
export class EmptyingTrash implements AsyncDisposable {
  readonly #agent: Agent;
  readonly #underWay = new Set<Promise<void>>();

  /** Nothing is being emptied. */
  constructor(agent: Agent) {
    this.#agent = agent;
  }

  /** Begins to empty it. */
  add(trash: AsyncDisposable): void {
    const emptied = this.#empty(trash);
    this.#underWay.add(emptied);
    emptied.then(() => this.#underWay.delete(emptied));
  }

  /** Waits until all is gone that was added by now. */
  async settle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** As told above. */
  async [Symbol.asyncDispose](): Promise<void> {
    await isInTime(this.settle(), PATIENCE_MS);
  }

  async #empty(trash: AsyncDisposable): Promise<void> {
    try {
      await trash[Symbol.asyncDispose]();
    } catch (error) {
      this.#agent.log(
        "warn",
        `Cannot remove files of removed images: ${whyOf(error)}; the next ` +
          "command tries it again",
      );
    }
  }
}
