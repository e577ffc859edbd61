import { assertEquals } from "@std/assert";
import { encodeStatus } from "../../../src/cri/streaming/command_status.ts";
import type { Outcome } from "../../../src/cri/streaming/client_streams.ts";
import { toText } from "../../../src/formats/bytes.ts";

Deno.test("encodeStatus() tells each version in its form", async (t) => {
  const failure = "command terminated with non-zero exit code: 7";
  const json = {
    metadata: {},
    status: "Failure",
    message: failure,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: "7" }] },
  };
  const broken = {
    metadata: {},
    status: "Failure",
    message: "it broke",
    reason: "InternalError",
    code: 500,
  };
  const success = { metadata: {}, status: "Success" };
  const cases: readonly (readonly [Outcome, object, string])[] = [
    [{ kind: "ended", exitCode: 0 }, success, ""],
    [{ kind: "ended", exitCode: undefined }, success, ""],
    [{ kind: "ended", exitCode: 7 }, json, failure],
    [{ kind: "failed", message: "it broke" }, broken, "it broke"],
  ];
  for (const [outcome, object, text] of cases) {
    for (
      const protocol of ["v4.channel.k8s.io", "v5.channel.k8s.io", "v4.base64"]
    ) {
      await t.step(`${JSON.stringify(outcome)} ${protocol}`, () => {
        const told = toText(encodeStatus(outcome, protocol));
        assertEquals(told, JSON.stringify(object));
      });
    }
    for (const protocol of [undefined, "channel.k8s.io", "v3.channel.k8s.io"]) {
      await t.step(`${JSON.stringify(outcome)} ${protocol}`, () => {
        assertEquals(toText(encodeStatus(outcome, protocol)), text);
      });
    }
  }
});
