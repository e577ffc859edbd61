/** Jobs that continue when their caller has gone; retries join them. */

import { type Abortable, unlessAborted } from "../../../errors/abort.ts";

/**
 * Running jobs by key. A kubelet whose call timed out repeats it: the new call
 * joins the running job, and gets its result.
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
      // Without a waiting caller, a failure was logged.
      job.catch(() => {});
      this.#underWay.set(key, job);
      return job;
    }, options);
  }

  /** Waits until no job is running. */
  async settle(): Promise<void> {
    while (this.#underWay.size > 0) {
      await Promise.allSettled(this.#underWay.values());
    }
  }
}
