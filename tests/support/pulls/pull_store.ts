/** A store that tests pull to, in their own process, and what pulls leave. */

import { exitCodeOf } from "../../../src/cli/exit_code.ts";
import { describeError } from "../../../src/cli/render/describe_error.ts";
import type { PullEvent } from "../../../src/engine/progress/pull_event.ts";
import {
  pullImage,
  type PullOptions,
} from "../../../src/engine/transfer/pull_image.ts";
import type { StoredImage } from "../../../src/engine/transfer/store_sink.ts";
import { checkStore } from "../check_store.ts";
import { storeAgent } from "../store_agent.ts";
import { listContents, listPartials } from "../store_contents.ts";

/** A pull that failed, as its user sees it. */
export interface FailedPull {
  readonly code: number;
  readonly message: string;
}

/** A store to pull to. */
export interface PullStore extends Disposable {
  readonly root: string;
  readonly runRoot: string;
  /** What the pulls told, all of them. */
  readonly events: readonly PullEvent[];
  pull(name: string, options?: PullOptions): Promise<StoredImage>;
  /** Pulls what must fail. */
  fail(name: string, options?: PullOptions): Promise<FailedPull>;
  /** Images, layers and partial blobs, by `image`, `layer` and `partial`. */
  contents(): readonly string[];
  /** The paths of partial blobs. */
  partials(): readonly string[];
  /** What is wrong in the store. */
  check(): readonly string[];
}

/** Makes an empty store: `using store = pullStore();`. */
export function pullStore(): PullStore {
  const { agent, dir } = storeAgent();
  const root = dir.join("root");
  const events: PullEvent[] = [];
  const pull = (name: string, options: PullOptions = {}) =>
    pullImage(agent, name, {
      onEvent: (event) => void events.push(event),
      ...options,
    });
  return {
    root,
    runRoot: dir.join("run"),
    events,
    pull,
    async fail(name, options) {
      try {
        await pull(name, options);
      } catch (error) {
        return { code: exitCodeOf(error), message: describeError(error) };
      }
      throw new Error(`pull of ${name} did not fail`);
    },
    contents: () => listContents(root),
    partials: () => listPartials(root),
    check: () => checkStore({ root, runRoot: dir.join("run") }),
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}
