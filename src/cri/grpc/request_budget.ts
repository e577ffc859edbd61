/** Limits the memory of all incomplete requests together. */

import { GRPC_CODE, GrpcError } from "./grpc_error.ts";

// Four of the largest; requests of kubelets have some kilobytes.
const MAX_BYTES = 64 * 1024 * 1024;

/** The share of one request. Disposing releases it. */
export interface BudgetShare extends Disposable {
  /**
   * Takes a number of bytes from the budget.
   *
   * @throws {GrpcError} If all requests together have too many.
   */
  take(bytes: number): void;
}

/** The budget of all requests of a server. */
export class RequestBudget {
  #taken = 0;

  /** Begins a request. */
  open(): BudgetShare {
    let own = 0;
    return {
      take: (bytes) => {
        own += bytes;
        this.#taken += bytes;
        if (this.#taken <= MAX_BYTES) return;
        throw new GrpcError(
          GRPC_CODE.resourceExhausted,
          `Cannot read the request: with others it has more than ${MAX_BYTES} ` +
            "bytes; try again later",
        );
      },
      [Symbol.dispose]: () => {
        this.#taken -= own;
        own = 0;
      },
    };
  }
}
