import { assertEquals, assertThrows } from "@std/assert";
import {
  readBandwidth,
  tryReadBandwidth,
} from "../../../src/engine/sandboxes/bandwidth.ts";
import { InvalidSandboxError } from "../../../src/errors/network_errors.ts";

const INGRESS = "kubernetes.io/ingress-bandwidth";
const EGRESS = "kubernetes.io/egress-bandwidth";

Deno.test("readBandwidth() reads Kubernetes' quantities", () => {
  assertEquals(readBandwidth({}), undefined);
  const { ingressRate, egressRate } =
    readBandwidth({ [INGRESS]: "1.5M", [EGRESS]: "10Ki" }) ?? {};
  assertEquals([ingressRate, egressRate], [1_500_000, 10_240]);
  const { egressBurst } = readBandwidth({ [INGRESS]: "1G" }) ?? {};
  assertEquals(egressBurst, undefined);
});

Deno.test("readBandwidth() refuses what is no bandwidth", async (t) => {
  for (const text of ["", "x", "-1M", "1", "999", "2P", "1e9", "1 M", "1MB"]) {
    await t.step(text, () => {
      assertThrows(
        () => readBandwidth({ [EGRESS]: text }),
        InvalidSandboxError,
      );
      assertEquals(tryReadBandwidth({ [EGRESS]: text }), undefined);
    });
  }
});
