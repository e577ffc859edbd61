import { assertEquals } from "@std/assert";
import { type Place, placeOfAddress } from "../../src/registry/ip_address.ts";

// However it is spelled, it leads there.
const PLACES: Readonly<Record<Place, readonly string[]>> = {
  loopback: [
    ...["127.0.0.1", "127.1", "0x7f.1", "0177.0.0.1", "2130706433", "0"],
    ...["0.0.0.0", "127.255.255.254", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]"],
    ...["[::ffff:127.0.0.1]", "[::ffff:0.0.0.0]", "[::7f00:1]"],
    ...["[64:ff9b::127.0.0.1]", "[::ffff:0:127.0.0.1]", "[2002:7f00:1::]"],
  ],
  "link-local": [
    ...["169.254.169.254", "169.254.0.1", "169.254.255.255", "0xa9fea9fe"],
    ...["2852039166", "0xa9.0xfe.0xa9.0xfe", "0251.0376.0251.0376"],
    ...["169.254.43518", "169.16689662", "169.254.169.254.", "169.254.170.2"],
    ...["１６９.254.169.254", "%31%36%39.254.169.254"],
    ...["[fe80::1]", "[febf:ffff::1]", "[::ffff:169.254.169.254]"],
    ...["[::ffff:a9fe:a9fe]", "[0:0:0:0:0:ffff:a9fe:a9fe]"],
    ...["[::a9fe:a9fe]", "[::ffff:0:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]"],
    ...["[64:ff9b::169.254.169.254]", "[64:ff9b:1::a9fe:a9fe]"],
    ...["[2002:a9fe:a9fe::1]", "[2001:0:4136:e378:8000:63bf:5601:5601]"],
    ...["[2001:db8::5efe:a9fe:a9fe]", "[2001:db8::200:5efe:169.254.169.254]"],
  ],
  metadata: [
    ...["[fd00:ec2::254]", "[fd00:0ec2:0:0:0:0:0:0254]", "[fd00:ec2::253]"],
    ...["[fd20:ce::254]", "[fd00:c1::a9fe:a9fe]", "100.100.100.200"],
    ...["168.63.129.16", "192.0.0.192", "[::ffff:100.100.100.200]"],
  ],
  private: [
    ...["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255"],
    ...["192.168.0.1", "100.64.0.1", "100.127.255.255", "192.0.0.1"],
    ...["198.18.0.1", "224.0.0.1", "255.255.255.255", "[fc00::1]"],
    ...["[fdff::1]", "[fec0::1]", "[ff02::1]", "[::ffff:10.0.0.1]"],
    ...["[64:ff9b::10.0.0.1]", "[2002:0a00:1::]"],
  ],
  public: [
    ...["8.8.8.8", "1.1.1.1", "128.0.0.1", "126.255.255.255", "169.253.1.1"],
    ...["169.255.1.1", "172.15.0.1", "172.32.0.1", "100.63.1.1", "100.128.0.1"],
    ...["192.169.0.1", "168.63.129.17", "223.255.255.255", "[2606:4700::1]"],
    ...["[::ffff:8.8.8.8]", "[64:ff9b::8.8.8.8]", "[2002:808:808::]"],
    ...["[2001:db8::1]", "[fe00::1]"],
  ],
};

Deno.test("placeOfAddress() knows an address in every spelling", async (t) => {
  for (const [place, hosts] of Object.entries(PLACES)) {
    for (const host of hosts) {
      await t.step(`${host} is ${place}`, () => {
        const { hostname } = new URL(`http://${host}/`);
        assertEquals(placeOfAddress(hostname), place);
      });
    }
  }
});

Deno.test("placeOfAddress() knows what resolvers answer", () => {
  assertEquals(placeOfAddress("fe80::1%eth0"), "link-local");
  assertEquals(placeOfAddress("::ffff:169.254.169.254"), "link-local");
  assertEquals(placeOfAddress("2606:4700::1"), "public");
});

Deno.test("placeOfAddress() takes no name for an address", () => {
  for (const name of ["a.example", "1.2.3.4.example", "a:b", "", "fe80"]) {
    assertEquals(placeOfAddress(name), undefined, name);
  }
});

// The first and the last address of each range, and those beside it.
const BORDERS: readonly (readonly [string, string, string, string, string])[] =
  [
    // before, first, last, after, what the range is
    ["9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0", "private"],
    [
      "100.63.255.255",
      "100.64.0.0",
      "100.127.255.255",
      "100.128.0.0",
      "private",
    ],
    [
      "126.255.255.255",
      "127.0.0.0",
      "127.255.255.255",
      "128.0.0.0",
      "loopback",
    ],
    [
      "169.253.255.255",
      "169.254.0.0",
      "169.254.255.255",
      "169.255.0.0",
      "link-local",
    ],
    ["172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0", "private"],
    ["191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0", "private"],
    [
      "192.167.255.255",
      "192.168.0.0",
      "192.168.255.255",
      "192.169.0.0",
      "private",
    ],
    ["198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0", "private"],
    ["223.255.255.255", "224.0.0.0", "255.255.255.255", "1.0.0.0", "private"],
    ["1.0.0.0", "0.0.0.0", "0.255.255.255", "1.0.0.0", "loopback"],
    [
      "100.100.100.199",
      "100.100.100.200",
      "100.100.100.200",
      "100.100.100.201",
      "metadata",
    ],
    [
      "168.63.129.15",
      "168.63.129.16",
      "168.63.129.16",
      "168.63.129.17",
      "metadata",
    ],
    ["192.0.0.191", "192.0.0.192", "192.0.0.192", "192.0.0.193", "metadata"],
    ["fbff:ffff::", "fc00::", "fcff:ffff::ffff", "fe00::", "private"],
    ["fe7f:ffff::", "fe80::", "febf:ffff::ffff", "fec0::", "link-local"],
    ["febf:ffff::", "fec0::", "feff:ffff::ffff", "fe7f::", "private"],
    ["fe7f:ffff::", "ff00::", "ffff:ffff::ffff", "fe7f::", "private"],
    [
      "fd00:ec1:ffff::",
      "fd00:ec2::",
      "fd00:ec2:ffff::ffff",
      "fd00:ec3::",
      "metadata",
    ],
    [
      "fd20:cd:ffff::",
      "fd20:ce::",
      "fd20:ce:ffff::ffff",
      "fd20:cf::",
      "metadata",
    ],
    [
      "fd00:c0:ffff::",
      "fd00:c1::",
      "fd00:c1:ffff::ffff",
      "fd00:c2::",
      "metadata",
    ],
    ["1::", "::", "::1", "::2:0:0", "loopback"],
    // A loopback address of IPv4, in each form that carries one.
    [
      "::fffe:7f00:1",
      "::ffff:7f00:0",
      "::ffff:7fff:ffff",
      "::ffff:8000:0",
      "loopback",
    ],
    [
      "::fffe:0:7f00:1",
      "::ffff:0:7f00:0",
      "::ffff:0:7fff:ffff",
      "::ffff:0:8000:0",
      "loopback",
    ],
    [
      "64:ff9a::7f00:1",
      "64:ff9b::7f00:0",
      "64:ff9b::7fff:ffff",
      "64:ff9b::8000:0",
      "loopback",
    ],
    [
      "64:ff9b:2::7f00:1",
      "64:ff9b:1::7f00:0",
      "64:ff9b:1:ffff::7fff:ffff",
      "64:ff9b:1::8000:0",
      "loopback",
    ],
    [
      "2001:7f00::",
      "2002:7f00::",
      "2002:7fff:ffff::",
      "2002:8000::",
      "loopback",
    ],
    // Teredo has it with all bits turned.
    [
      "2001:1::80ff:fffe",
      "2001::80ff:ffff",
      "2001:0:ffff::8000:0",
      "2001::7fff:ffff",
      "loopback",
    ],
  ];

Deno.test("placeOfAddress() knows where each range begins and ends", async (t) => {
  for (const [before, first, last, after, place] of BORDERS) {
    await t.step(`${first} to ${last}`, () => {
      const found = [before, first, last, after].map((address) =>
        placeOfAddress(address) === place
      );
      assertEquals(found, [false, true, true, false]);
    });
  }
});
