/** Logs the results of calls. */

import type { Message } from "@bufbuild/protobuf";
import { isObject } from "../formats/json.ts";
import { GRPC_CODE } from "./grpc/grpc_error.ts";
import type { EndedCall } from "./grpc/serve_call.ts";
import type { Log, LogFields } from "../engine/agent.ts";

/** Logs a call: the level depends on who caused an error. */
export function logCall(
  log: Log,
  { path, request, status, durationMs }: EndedCall,
): void {
  const { code, message } = status;
  const fields = {
    method: path,
    code,
    ms: Math.round(durationMs),
    ...subjectOf(request),
  };
  if (code === GRPC_CODE.ok) log("debug", "call ended", fields);
  else log(isOurs(code) ? "warn" : "info", message, fields);
}

function isOurs(code: number): boolean {
  return code === GRPC_CODE.unknown || code === GRPC_CODE.internal;
}

/** The members of requests that are logged; others may be secret. */
const SUBJECTS: Readonly<Record<string, readonly string[]>> = {
  pod: ["podSandboxId"],
  container: ["containerId"],
  image: ["image", "image"],
  name: ["config", "metadata", "name"],
  namespace: ["config", "metadata", "namespace"],
};

function subjectOf(request: Message | undefined): LogFields {
  const found = Object.entries(SUBJECTS).flatMap(([name, way]) => {
    const value = way.reduce<unknown>(
      (inside, key) => isObject(inside) ? inside[key] : undefined,
      request,
    );
    return typeof value === "string" && value !== "" ? [[name, value]] : [];
  });
  return Object.fromEntries(found);
}
