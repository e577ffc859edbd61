/** Stands in for a worker of a pull: it tries what that may not do, and fails. */

import type { UnpackJob } from "../../../src/engine/transfer/layer_job.ts";
import { attempt, type Attempts } from "./probe.ts";

declare const self: {
  onmessage: (event: MessageEvent<UnpackJob>) => void;
  postMessage(message: unknown): void;
};

// Before any job, it is told by its name what to try.
declare const name: string;

const attempts: Attempts = JSON.parse(name);

self.onmessage = async ({ data: { directory, path } }) => {
  const outcomes = await attempt({
    ...attempts,
    reads: [...attempts.reads, path],
    writes: [...attempts.writes, path, `${directory}/x`],
  });
  const message = JSON.stringify({ directory, path, outcomes });
  self.postMessage({ kind: "failed", error: { name: "Error", message } });
};
