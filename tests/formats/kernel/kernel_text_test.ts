import { assertEquals } from "@std/assert";
import {
  parseCounter,
  parseCounters,
  parsePressure,
} from "../../../src/formats/kernel/kernel_text.ts";
import {
  parseNetworkCounters,
  withoutLoopback,
} from "../../../src/formats/kernel/network_counters.ts";

Deno.test("parseCounters() reads lines of a name and a number", () => {
  const text = "usage_usec 12\nnice 18446744073709551615\n\nodd\nmax max\n" +
    "two 1 2\nneg -1\n";
  assertEquals([...parseCounters(text)], [
    ["usage_usec", 12n],
    ["nice", 18446744073709551615n],
  ]);
  assertEquals(parseCounters(undefined).size, 0);
});

Deno.test("parseCounter() reads numbers alone", () => {
  const texts = ["5\n", "0", "max\n", "", "-1", "1e3", "0x1", undefined];
  assertEquals(texts.map((text) => parseCounter(text)), [
    ...[5n, 0n],
    ...Array.from({ length: 6 }, () => undefined),
  ]);
});

Deno.test("parsePressure() reads what psi.rst describes", () => {
  const text = "some avg10=53.30 avg60=4.28 avg300=0.48 total=12\n" +
    "full avg10=0.10 avg60=0.00 avg300=0.00 total=3\n";
  assertEquals(parsePressure(text), {
    some: {
      average10: 53.3,
      average60: 4.28,
      average300: 0.48,
      totalNs: 12000n,
    },
    full: { average10: 0.1, average60: 0, average300: 0, totalNs: 3000n },
  });
  const [some = ""] = text.split("\n");
  assertEquals(parsePressure(some)?.full.totalNs, 0n);
  for (const odd of [undefined, "", "some", "some total=x", "full total=1"]) {
    assertEquals(parsePressure(odd), undefined);
  }
});

Deno.test("parseNetworkCounters() reads each interface", () => {
  const text = "Inter-|   Receive       |  Transmit\n" +
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes\n" +
    "    lo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n" +
    "eth0:1:21474836480 2 3 4 5 6 7 8 90 10 11 12 13 14 15 16\n" +
    "  bad: 1 2 3\n  odd: 1 2 3 4 5 6 7 8 x 10 11 12 13 14 15 16\n";
  const rest = { packets: 2n, errors: 3n, dropped: 4n };
  const sent = { packets: 10n, errors: 11n, dropped: 12n };
  const found = parseNetworkCounters(text);
  assertEquals(withoutLoopback(found), found.slice(1));
  assertEquals(found, [
    {
      name: "lo",
      received: { bytes: 1n, ...rest },
      sent: { bytes: 9n, ...sent },
    },
    {
      name: "eth0:1",
      received: { bytes: 21474836480n, ...rest },
      sent: { bytes: 90n, ...sent },
    },
  ]);
});
