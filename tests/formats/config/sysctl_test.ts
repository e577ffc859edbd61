import { assertEquals } from "@std/assert";
import { parseSysctl } from "../../../src/formats/config/sysctl.ts";

Deno.test("parseSysctl() takes dots and slashes as sysctl(8) does", async (t) => {
  const cases: [string, string | undefined][] = [
    ["net.ipv4.ip_forward", "net/ipv4/ip_forward"],
    ["net/ipv4/ip_forward", "net/ipv4/ip_forward"],
    ["net.ipv4.conf.eth0/100.rp_filter", "net/ipv4/conf/eth0.100/rp_filter"],
    ["net/ipv4/conf/eth0.100/rp_filter", "net/ipv4/conf/eth0.100/rp_filter"],
    ["kernel", undefined],
    ["", undefined],
    ["net..ipv4", undefined],
    ["net/../kernel/core_pattern", undefined],
    ["net.//.kernel", undefined],
    ["net./.kernel", undefined],
    ["/net/ipv4", undefined],
    ["net/ipv4\n/x", undefined],
  ];
  for (const [text, path] of cases) {
    await t.step(text, () => {
      assertEquals(parseSysctl(text)?.path, path);
    });
  }
  assertEquals(
    parseSysctl("net/ipv4/conf/eth0.100/rp_filter")?.name,
    "net.ipv4.conf.eth0/100.rp_filter",
  );
});

Deno.test("parseSysctl() names each setting in both spellings", () => {
  const cases = [
    ["a.b", "a.b", "a/b"],
    ["a/b", "a.b", "a/b"],
    ["net.a/b.c", "net.a/b.c", "net/a.b/c"],
    ["A_1.@x:+-y", "A_1.@x:+-y", "A_1/@x:+-y"],
  ] as const;
  for (const [text, name, path] of cases) {
    assertEquals(parseSysctl(text), { name, path });
  }
});
