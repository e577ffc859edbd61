import { assertEquals, assertThrows } from "@std/assert";
import {
  readNetworks,
  type WantedNetwork,
} from "../../../../src/cli/input/flags/network_flags.ts";
import { UsageError } from "../../../../src/cli/usage_error.ts";

const NOTHING = {
  network: [],
  publish: [],
  dns: [],
  "dns-search": [],
  "dns-option": [],
};

type Flags = Partial<Parameters<typeof readNetworks>[0]>;

Deno.test("readNetworks() reports what a container has for a network", async (t) => {
  const cases: [string, Flags, WantedNetwork][] = [
    ["nothing said", {}, { kind: "any" }],
    ["none", { network: ["none"] }, { kind: "none" }],
    ["the host's", { network: ["host"] }, { kind: "host" }],
    ["networks by name", { network: ["front", "back"] }, {
      kind: "join",
      names: ["front", "back"],
      ports: [],
      dns: undefined,
    }],
    ["a port, of the first network", { publish: ["8080:80"] }, {
      kind: "join",
      names: undefined,
      ports: [{
        protocol: "tcp",
        hostPort: 8080,
        containerPort: 80,
        hostIp: undefined,
      }],
      dns: undefined,
    }],
    [
      "servers of names",
      { network: ["a"], dns: ["::1"], "dns-search": ["b"] },
      {
        kind: "join",
        names: ["a"],
        ports: [],
        dns: { servers: ["::1"], searches: ["b"], options: [] },
      },
    ],
  ];
  for (const [name, flags, expected] of cases) {
    await t.step(name, () => {
      assertEquals(readNetworks({ ...NOTHING, ...flags }), expected);
    });
  }
});

Deno.test("readNetworks() reads ports as podman does", async (t) => {
  const cases: [string, unknown][] = [
    ["53:5353/udp", ["", 53, 5353, "udp"]],
    ["127.0.0.1:80:8080", ["127.0.0.1", 80, 8080, "tcp"]],
    ["[::1]:80:8080/sctp", ["::1", 80, 8080, "sctp"]],
  ];
  for (const [text, expected] of cases) {
    await t.step(text, () => {
      const wanted = readNetworks({ ...NOTHING, publish: [text] });
      const [port] = wanted.kind === "join" ? wanted.ports : [];
      const { hostIp = "", hostPort, containerPort, protocol } = port ?? {};
      assertEquals([hostIp, hostPort, containerPort, protocol], expected);
    });
  }
});

Deno.test("readNetworks() refuses contradictory requests", async (t) => {
  const cases: [string, Flags, string][] = [
    ["no port", { publish: ["x:80"] }, "write HOST:CONTAINER"],
    ["one port", { publish: ["80"] }, "write HOST:CONTAINER"],
    ["port 0", { publish: ["0:80"] }, "write HOST:CONTAINER"],
    ["a high port", { publish: ["80:65536"] }, "write HOST:CONTAINER"],
    ["an odd address", { publish: ["1.2.3:80:80"] }, "write HOST:CONTAINER"],
    ["a protocol", { publish: ["80:80/icmp"] }, "write HOST:CONTAINER"],
    ["a path", { network: ["../x"] }, "the name of a network"],
    ["podman's", { network: ["container:x"] }, "the name of a network"],
    ["two of a kind", { network: ["host", "a"] }, '"host" goes with no other'],
    [
      "ports of the host's network",
      { network: ["host"], publish: ["80:80"] },
      "with --network=host there is no use for it",
    ],
    ["names without a network", { dns: ["1.1.1.1"] }, "name a network"],
    ["a domain without one", { "dns-search": ["a"] }, "name a network"],
    ["an option without one", { "dns-option": ["a"] }, "name a network"],
    [
      "a domain for the host's network",
      { network: ["host"], "dns-search": ["a"] },
      "with --network=host there is no use for it",
    ],
    ["a name as server", { network: ["a"], dns: ["b"] }, "write an address"],
  ];
  for (const [name, flags, message] of cases) {
    await t.step(name, () => {
      assertThrows(
        () => readNetworks({ ...NOTHING, ...flags }),
        UsageError,
        message,
      );
    });
  }
});
