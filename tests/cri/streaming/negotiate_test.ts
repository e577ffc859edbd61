import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { assertEquals } from "@std/assert";
import {
  listProtocols,
  negotiate,
} from "../../../src/cri/streaming/negotiate.ts";

const HEADER = "x-stream-protocol-version";

Deno.test("listProtocols() reads a header, however often it comes", async (t) => {
  const cases: readonly (readonly [
    string | string[] | undefined,
    readonly string[],
  ])[] = [
    [undefined, []],
    ["", []],
    ["a", ["a"]],
    ["a,b", ["a", "b"]],
    [" a ,, b ", ["a", "b"]],
    [["a", "b, c"], ["a", "b", "c"]],
  ];
  for (const [value, expected] of cases) {
    await t.step(JSON.stringify(value) ?? "none", () => {
      const message = new IncomingMessage(new Socket());
      if (value !== undefined) message.headers[HEADER] = value;
      assertEquals(listProtocols(message, HEADER), expected);
    });
  }
});

Deno.test("negotiate() takes the client's first that is known", async (t) => {
  const cases: readonly (readonly [string[], string | undefined])[] = [
    [[], undefined],
    [["x"], undefined],
    [["x", "b", "a"], "b"],
    [["a"], "a"],
    [["A"], undefined],
  ];
  for (const [wanted, expected] of cases) {
    await t.step(wanted.join() || "none", () => {
      assertEquals(negotiate(wanted, ["a", "b"]), expected);
    });
  }
});
