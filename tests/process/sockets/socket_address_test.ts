import { assertEquals } from "@std/assert";
import {
  familyOf,
  loopback4,
  loopback6,
} from "../../../src/process/sockets/socket_address.ts";

Deno.test("addresses of the loopback interface are as the kernel reads them", () => {
  assertEquals(loopback4(0x1234).toHex(), `020012347f000001${"00".repeat(8)}`);
  const six = `0a001234${"00".repeat(19)}01${"00".repeat(4)}`;
  assertEquals(loopback6(0x1234).toHex(), six);
  assertEquals([familyOf(loopback4(1)), familyOf(loopback6(1))], [2, 10]);
});
