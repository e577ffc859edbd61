import { assertEquals } from "@std/assert";
import { isIP } from "node:net";
import { isIpAddress } from "../../src/formats/ip_address.ts";

const TEXTS = [
  ...[
    "10.0.0.5",
    "0.0.0.0",
    "255.255.255.255",
    "256.1.1.1",
    "1.2.3",
    "1.2.3.4.5",
  ],
  ...["01.2.3.4", "1.2.3.4 ", "0x7f.1.1.1", "1.2.3.-4", "", "localhost", "1"],
  ...["::", "::1", "fe80::1", "fe80::1%eth0", "fe80::1%", "1:2:3:4:5:6:7:8"],
  ...[
    "1:2:3:4:5:6:7",
    "1::2::3",
    "::ffff:10.0.0.5",
    "::ffff:10.0.0.256",
    "12345::",
  ],
  ...[
    "[::1]",
    "::g",
    ":",
    ":::",
    "FE80::A",
    "::1/64",
    "::1]/[",
    "1:2:3:4:5:6:7::",
  ],
];

Deno.test("isIpAddress() agrees with Node", async (t) => {
  for (const text of TEXTS) {
    await t.step(JSON.stringify(text), () => {
      assertEquals(isIpAddress(text), isIP(text) !== 0);
    });
  }
});
