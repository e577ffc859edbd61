/** What calls that wait have in common. */

/** Options of every call that waits for a disk, a lock or a network. */
export interface Abortable {
  /** Ends the call with the signal's reason; nothing half-made stays. */
  readonly signal?: AbortSignal | undefined;
}
