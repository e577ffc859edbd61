/** Stands in for the layer worker: tries what that may not do, and fails. */

import { attempt, type Attempts } from "./probe.ts";

declare const self: {
  onmessage: (event: MessageEvent) => void;
  postMessage(message: unknown): void;
};

// Before any job, it is told by its name what to try.
declare const name: string;

self.onmessage = async ({ data }) => {
  if (data.kind !== "job") return;
  const attempts: Attempts = JSON.parse(name);
  const { directory } = data.job;
  const writes = [...attempts.writes, `${directory}/x`];
  const outcomes = await attempt({ ...attempts, writes });
  const message = JSON.stringify({ directory, outcomes });
  self.postMessage({ kind: "failed", error: { name: "Error", message } });
};
