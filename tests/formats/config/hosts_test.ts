import { assertEquals } from "@std/assert";
import { formatHosts, parseHosts } from "../../../src/formats/config/hosts.ts";

Deno.test("parseHosts() reads addresses and names", () => {
  const text = `# comment
127.0.0.1 localhost\tloopback # more
  ::1   localhost\r
\t
10.0.0.1
#10.0.0.2 hidden
fe80::1%eth0 a b`;
  assertEquals(parseHosts(text), [
    { address: "127.0.0.1", names: ["localhost", "loopback"] },
    { address: "::1", names: ["localhost"] },
    { address: "fe80::1%eth0", names: ["a", "b"] },
  ]);
});

Deno.test("formatHosts() writes what parseHosts() reads", () => {
  const entries = [
    { address: "127.0.0.1", names: ["localhost", "loopback"] },
    { address: "::1", names: ["localhost"] },
  ];
  assertEquals(
    formatHosts(entries),
    "127.0.0.1\tlocalhost loopback\n::1\tlocalhost\n",
  );
  assertEquals(parseHosts(formatHosts(entries)), entries);
});
