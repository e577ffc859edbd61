import { create } from "@bufbuild/protobuf";
import { assertEquals, assertFalse } from "@std/assert";
import {
  CreateContainerRequestSchema,
  PullImageRequestSchema,
  StopContainerRequestSchema,
} from "../../src/cri/api/api_pb.js";
import type { EndedCall } from "../../src/cri/grpc/serve_call.ts";
import type { Log } from "../../src/engine/agent.ts";
import { logCall } from "../../src/cri/log_call.ts";

const CALL: EndedCall = {
  path: "/runtime.v1.RuntimeService/StopContainer",
  isKnown: true,
  request: undefined,
  status: { code: 0, message: "" },
  durationMs: 12.3,
};

/** What is logged of a call: level, message, fields. */
function logged(call: Partial<EndedCall>): Parameters<Log> {
  let told: Parameters<Log> = ["debug", ""];
  logCall((...message) => told = message, { ...CALL, ...call });
  return told;
}

Deno.test("logCall() tells faults of clients less loudly than ours", () => {
  const cases = [[0, "debug"], [5, "info"], [3, "info"], [2, "warn"], [
    13,
    "warn",
  ]] as const;
  for (const [code, level] of cases) {
    const [told] = logged({ status: { code, message: "why" } });
    assertEquals(told, level);
  }
  assertEquals(logged({}), ["debug", "call ended", {
    method: CALL.path,
    code: 0,
    ms: 12,
  }]);
});

Deno.test("logCall() reports what a call was about, and shows no secret", () => {
  const fieldsOf = (request: EndedCall["request"]) => {
    const [, , all = {}] = logged({ request });
    const { method: _method, code: _code, ms: _ms, ...fields } = all;
    return fields;
  };
  const containerId = "c1";
  assertEquals(fieldsOf(create(StopContainerRequestSchema, { containerId })), {
    container: "c1",
  });
  const config = { metadata: { name: "app" }, envs: [{ key: "secret" }] };
  const made = { podSandboxId: "p1", config };
  assertEquals(fieldsOf(create(CreateContainerRequestSchema, made)), {
    pod: "p1",
    name: "app",
  });
  const image = { image: "quay.io/a/b" };
  const auth = { username: "ann", password: "secret" };
  const pull = create(PullImageRequestSchema, { image, auth });
  assertEquals(fieldsOf(pull), { image: "quay.io/a/b" });
  assertFalse(JSON.stringify(fieldsOf(pull)).includes("secret"));
});
