import { assertEquals, assertThrows } from "@std/assert";
import {
  parseNetworkResult,
  parsePluginFailure,
} from "../../../src/formats/cni/network_result.ts";

Deno.test("parseNetworkResult() reads results of all versions", async (t) => {
  const cases: [string, unknown][] = [
    ["0.3.1", {
      cniVersion: "0.3.1",
      interfaces: [{ name: "eth0" }],
      ips: [
        { version: "4", address: "10.0.0.5/24", gateway: "10.0.0.1" },
        { version: "6", address: "fd00::5/64" },
      ],
    }],
    ["1.0.0", {
      cniVersion: "1.0.0",
      ips: [{ address: "10.0.0.5/24", interface: 0 }, {
        address: "fd00::5/64",
      }],
    }],
  ];
  for (const [name, value] of cases) {
    await t.step(name, () => {
      const { ips, raw } = parseNetworkResult(JSON.stringify(value), "result");
      assertEquals(ips, ["10.0.0.5", "fd00::5"]);
      assertEquals(raw, value);
    });
  }
});

Deno.test("parseNetworkResult() takes a result without addresses", () => {
  assertEquals(parseNetworkResult("{}", "result").ips, []);
});

Deno.test("parseNetworkResult() refuses what is malformed", async (t) => {
  const cases: [string, string][] = [
    ["", "not valid JSON"],
    ["[]", "expected an object"],
    ['{"ips":{}}', "expected an array"],
    ['{"ips":[{"address":"10.0.0.5/24/3"}]}', "is no address"],
    ['{"ips":[{"address":"foo"}]}', '"foo" is no address'],
    ['{"ips":[{"address":5}]}', "expected a string"],
    ["[".repeat(100_000), "Cannot read result"],
  ];
  for (const [text, message] of cases) {
    await t.step(text.slice(0, 40), () => {
      assertThrows(
        () => parseNetworkResult(text, "result"),
        SyntaxError,
        message,
      );
    });
  }
});

Deno.test("parsePluginFailure() reads what a plugin says", async (t) => {
  const cases: [string, ReturnType<typeof parsePluginFailure>][] = [
    ['{"code":11,"msg":"later"}', { code: 11, message: "later" }],
    [
      '{"code":7,"msg":"bad","details":"very\\n\\u001b[31m"}',
      { code: 7, message: "bad: very [31m" },
    ],
    ['{"code":"x","msg":"bad"}', undefined],
    ['{"code":7}', undefined],
    ["panic: runtime error", undefined],
    ["", undefined],
  ];
  for (const [text, expected] of cases) {
    await t.step(text, () => {
      assertEquals(parsePluginFailure(text), expected);
    });
  }
});
