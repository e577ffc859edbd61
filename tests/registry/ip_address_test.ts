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
