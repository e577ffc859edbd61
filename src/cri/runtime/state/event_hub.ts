/** Distributes events of containers to subscribers. */

import type { Abortable } from "../../../errors/abort.ts";

// About a minute of a node that starts and ends 50 containers a second.
const MAX_WAITING = 4096;

interface Subscriber<E> {
  readonly waiting: E[];
  wake: () => void;
  isLate: boolean;
}

/** Distributes events to all listeners; a slow one does not block the others. */
export class EventHub<E> {
  readonly #subscribers = new Set<Subscriber<E>>();

  /** Whether there are listeners: without them, events need not be made. */
  get hasListeners(): boolean {
    return this.#subscribers.size > 0;
  }

  /** Sends an event to all current listeners. */
  emit(event: E): void {
    for (const subscriber of this.#subscribers) {
      if (subscriber.waiting.length >= MAX_WAITING) subscriber.isLate = true;
      else subscriber.waiting.push(event);
      subscriber.wake();
    }
  }

  /**
   * Listens, from the call on, until the signal aborts.
   *
   * @throws {RangeError} If too many events wait: then the listener has missed
   *   some, and must list everything again.
   */
  listen({ signal }: Abortable = {}): AsyncIterable<E> {
    const subscriber: Subscriber<E> = {
      waiting: [],
      wake: () => {},
      isLate: false,
    };
    this.#subscribers.add(subscriber);
    const leave = () => {
      this.#subscribers.delete(subscriber);
      subscriber.wake();
    };
    if (signal?.aborted) leave();
    signal?.addEventListener("abort", leave, { once: true });
    return drain(subscriber, { leave, signal });
  }
}

async function* drain<E>(
  subscriber: Subscriber<E>,
  { leave, signal }: Abortable & { readonly leave: () => void },
): AsyncGenerator<E> {
  try {
    for (;;) {
      while (subscriber.waiting.length > 0) {
        yield* subscriber.waiting.splice(0);
      }
      if (signal?.aborted) return;
      if (subscriber.isLate) {
        throw new RangeError(
          `Cannot send all events: more than ${MAX_WAITING} are waiting`,
        );
      }
      await new Promise<void>((resolve) => subscriber.wake = resolve);
    }
  } finally {
    leave();
    signal?.removeEventListener("abort", leave);
  }
}
