/** Stands in for the workers of a pull: one tries what it may not do, and fails. */

import { dirname } from "@std/path";
import type {
  ReceiveRequest,
  UnpackRequest,
} from "../../src/runtime/layer_job.ts";
import { attempt, type Attempts } from "./probe.ts";

/** Which worker this is, which of the two is to try, and what. */
export interface ProbeName {
  readonly role: string;
  readonly subject: string;
  readonly attempts: Attempts;
}

declare const self: {
  onmessage: (event: MessageEvent<ReceiveRequest | UnpackRequest>) => void;
  postMessage(message: unknown): void;
};

// Before any job, it is told by its name what to try.
declare const name: string;

const { role, subject, attempts }: ProbeName = JSON.parse(name);

self.onmessage = async ({ data }) => {
  if (data.kind === "abort") return fail(data.id, "aborted");
  if (data.kind === "receive" && subject === "unpack") {
    return self.postMessage({ id: data.id, kind: "decoding" });
  }
  if (role !== subject) return;
  if (data.kind !== "receive" && data.kind !== "unpack") return;
  const directory = data.kind === "unpack"
    ? data.job.directory
    : dirname(data.job.partial ?? "");
  const writes = [...attempts.writes, `${directory}/x`];
  const outcomes = await attempt({ ...attempts, writes });
  fail(data.id, JSON.stringify({ directory, outcomes }));
};

function fail(id: number, message: string): void {
  self.postMessage({ id, kind: "failed", error: { name: "Error", message } });
}
