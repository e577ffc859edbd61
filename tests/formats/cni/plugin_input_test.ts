import { assertEquals } from "@std/assert";
import { parseNetworkList } from "../../../src/formats/cni/network_list.ts";
import {
  makePluginInput,
  type PluginInput,
} from "../../../src/formats/cni/plugin_input.ts";

const LIST = parseNetworkList(
  JSON.stringify({
    cniVersion: "1.0.0",
    name: "foo",
    plugins: [{
      type: "portmap",
      snat: true,
      name: "another",
      capabilities: { portMappings: true, dns: false },
    }],
  }),
  "list",
);

function make(input: PluginInput): unknown {
  const [plugin] = LIST.plugins;
  return plugin && JSON.parse(makePluginInput(LIST, plugin, input));
}

const BASE = { cniVersion: "1.0.0", name: "foo", type: "portmap", snat: true };

Deno.test("makePluginInput() puts the network's name and version in", () => {
  assertEquals(make({}), BASE);
});

Deno.test("makePluginInput() hands over what the plugin can do, and no more", () => {
  const portMappings = [
    { hostPort: 8080, containerPort: 80, protocol: "tcp" as const },
  ];
  const dns = { servers: ["10.0.0.1"], searches: [], options: [] };
  assertEquals(
    make({ capabilities: { portMappings, dns } }),
    { ...BASE, runtimeConfig: { portMappings } },
  );
  assertEquals(make({ capabilities: { dns } }), BASE);
});

Deno.test("makePluginInput() hands the last result and attachments on", () => {
  const validAttachments = [{ containerID: "a", ifname: "eth0" }];
  assertEquals(make({ prevResult: { ips: [] }, validAttachments }), {
    ...BASE,
    prevResult: { ips: [] },
    "cni.dev/valid-attachments": validAttachments,
  });
});
