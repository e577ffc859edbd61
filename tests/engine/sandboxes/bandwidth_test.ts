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

Deno.test("readBandwidth() knows each unit, and its range", async (t) => {
  const cases: readonly (readonly [string, number])[] = [
    ["1000", 1000],
    ["1k", 1e3],
    ["1.0005k", 1000],
    ["2M", 2e6],
    ["3G", 3e9],
    ["4T", 4e12],
    ["1P", 1e15],
    ["1000000000000000", 1e15],
    ["1Ki", 1024],
    ["2Mi", 2 * 1024 ** 2],
    ["3Gi", 3 * 1024 ** 3],
    ["4Ti", 4 * 1024 ** 4],
    ["0.5Pi", 1024 ** 5 / 2],
  ];
  for (const [text, rate] of cases) {
    await t.step(text, () => {
      assertEquals(readBandwidth({ [INGRESS]: text }), {
        ...{ ingressRate: rate, ingressBurst: 4_294_967_294 },
      });
      assertEquals(tryReadBandwidth({ [EGRESS]: text }), {
        ...{ egressRate: rate, egressBurst: 4_294_967_294 },
      });
    });
  }
});

Deno.test("readBandwidth() refuses what is no bandwidth", async (t) => {
  for (
    const text of [
      "",
      "x",
      "-1M",
      "1",
      "999",
      "2P",
      "1e9",
      "1 M",
      "1MB",
      "x1M",
      "1Pi",
    ]
  ) {
    await t.step(text, () => {
      assertThrows(
        () => readBandwidth({ [EGRESS]: text }),
        InvalidSandboxError,
      );
      assertEquals(tryReadBandwidth({ [EGRESS]: text }), undefined);
    });
  }
});
