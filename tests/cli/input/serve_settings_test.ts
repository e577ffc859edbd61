import { assertEquals, assertThrows } from "@std/assert";
import { serveSettings } from "../../../src/cli/input/serve_settings.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";

const NO_FLAGS = {
  listen: undefined,
  "cni-conf-dir": undefined,
  "cni-bin-dir": undefined,
  runtime: undefined,
  "cgroup-manager": undefined,
  "metrics-listen": undefined,
};

Deno.test("serveSettings() takes flags before the file, and that before what is built in", () => {
  const file = { listen: "unix:///file", runtime: "crun" };
  assertEquals(serveSettings(NO_FLAGS, {}).listen, "/run/orlop/cri.sock");
  assertEquals(serveSettings(NO_FLAGS, file).listen, "/file");
  const flags = { ...NO_FLAGS, listen: "/flag", "cni-bin-dir": "/a::/b/" };
  const { listen, runtime, networks } = serveSettings(flags, file);
  assertEquals([listen, runtime], ["/flag", "crun"]);
  assertEquals(networks?.pluginDirectories, ["/a", "/b"]);
});

Deno.test("serveSettings() shows metrics on loopback only", async (t) => {
  const cases: readonly [string, string | undefined][] = [
    ["127.0.0.1:9537", "127.0.0.1"],
    ["127.8.0.1:1", "127.8.0.1"],
    ["[::1]:9537", "::1"],
    ["localhost:0", "localhost"],
    ["0.0.0.0:9537", undefined],
    ["10.0.0.1:9537", undefined],
    ["127.evil.com:9537", undefined],
    ["127.0.0.1:99999", undefined],
    ["127.0.0.1", undefined],
    [":9537", undefined],
    ["[::]:9537", undefined],
  ];
  for (const [text, hostname] of cases) {
    await t.step(text, () => {
      const flags = { ...NO_FLAGS, "metrics-listen": text };
      if (hostname === undefined) {
        assertThrows(() => serveSettings(flags, {}), UsageError, "loopback");
      } else {
        assertEquals(
          serveSettings(flags, {}).metricsListen?.hostname,
          hostname,
        );
      }
    });
  }
});

Deno.test("serveSettings() refuses what is no socket, and no manager", () => {
  const listen = "tcp://1.2.3.4:5";
  assertThrows(() => serveSettings({ ...NO_FLAGS, listen }, {}), UsageError);
  const file = { "cgroup_manager": "docker" };
  assertThrows(() => serveSettings(NO_FLAGS, file), UsageError, "cgroupfs");
});
