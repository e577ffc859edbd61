/** Calls that change something go on when their caller has gone; retries meet them. */

import { type Abortable, unlessAborted } from "../../../errors/abort.ts";

/**
 * Jobs, each under a key while it lasts. A kubelet whose call took too long calls
 * again: that one joins the job that is under way, and gets its result.
 */
export class Jobs<T> {
  readonly #underWay = new Map<string, Promise<T>>();

  /**
   * Begins a job, or joins the one under this key. The signal ends the wait, not
   * the job.
   *
   * @param begin Begins it; not called if there is one.
   * @throws What the job throws, and the signal's reason.
   */
  async join(
    key: string,
    begin: () => Promise<T>,
    options: Abortable = {},
  ): Promise<T> {
    return await unlessAborted(() => {
      const other = this.#underWay.get(key);
      if (other !== undefined) return other;
      const job = begin().finally(() => this.#underWay.delete(key));
      // Nobody may wait for it any more when it fails: then it was logged.
      job.catch(() => {});
      this.#underWay.set(key, job);
      return job;
    }, options);
  }

  /** Waits until none is under way. */
  async settle(): Promise<void> {
    while (this.#underWay.size > 0) {
      await Promise.allSettled(this.#underWay.values());
    }
  }
}
