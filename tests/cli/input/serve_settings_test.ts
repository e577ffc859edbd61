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

Deno.test("serveSettings() takes flags before the file, and that before what is built in", async (t) => {
  const flags = {
    ...{ listen: "unix:///flag/../a", "cni-conf-dir": "/c", runtime: "runc" },
    ...{ "cni-bin-dir": "/a::/b/", "metrics-listen": "127.0.0.1:1" },
    "cgroup-manager": "systemd" as const,
  };
  const file = {
    ...{ listen: "/file", cni_conf_dir: "/d", cni_bin_dir: "/e" },
    ...{ runtime: "crun", cgroup_manager: "cgroupfs" },
    "metrics_listen": "[::1]:2",
  };
  const builtIn = serveSettings(NO_FLAGS, {});
  await t.step("what is built in", () => {
    const { networks, ...others } = builtIn;
    assertEquals(others, {
      ...{ listen: "/run/orlop/cri.sock", runtime: undefined },
      ...{ cgroupManager: "cgroupfs", metricsListen: undefined },
    });
    assertEquals(networks?.configDirectory, "/etc/cni/net.d");
  });
  await t.step("flags", () => {
    const { networks, ...others } = serveSettings(flags, file);
    assertEquals(others, {
      ...{ listen: "/a", runtime: "runc", cgroupManager: "systemd" },
      metricsListen: { hostname: "127.0.0.1", port: 1 },
    });
    assertEquals(networks?.configDirectory, "/c");
    assertEquals(networks?.pluginDirectories, ["/a", "/b"]);
  });
  await t.step("the file", () => {
    const { networks, ...others } = serveSettings(NO_FLAGS, file);
    assertEquals(others, {
      ...{ listen: "/file", runtime: "crun", cgroupManager: "cgroupfs" },
      metricsListen: { hostname: "::1", port: 2 },
    });
    assertEquals(networks?.configDirectory, "/d");
    assertEquals(networks?.pluginDirectories, ["/e"]);
  });
  await t.step("empty texts are none", () => {
    const nothing = Object.fromEntries(
      Object.keys(NO_FLAGS).map((name) => [name, ""]),
    );
    const empty = { ...NO_FLAGS, ...nothing, "cgroup-manager": undefined };
    const none = { listen: "", runtime: "", "metrics_listen": "" };
    assertEquals(serveSettings(empty, none), builtIn);
  });
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
    ["127.0.0.1:65535", "127.0.0.1"],
    ["127.0.0.1:65536", undefined],
    ["127.0.0.1:000080", undefined],
    ["127.0.0.1:", undefined],
    ["x127.0.0.1:1", undefined],
    ["127.0.0.1:1x", undefined],
    ["[::1", undefined],
    ["localhost.evil.com:1", undefined],
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
        const port = Number(text.slice(text.lastIndexOf(":") + 1));
        const { metricsListen } = serveSettings(flags, {});
        assertEquals(metricsListen, { hostname, port });
      }
    });
  }
});

Deno.test("serveSettings() refuses what is no socket, and no manager", async (t) => {
  for (const listen of ["tcp://1.2.3.4:5", "run/x.sock", "x unix:///a"]) {
    await t.step(listen, () => {
      assertThrows(
        () => serveSettings({ ...NO_FLAGS, listen }, {}),
        UsageError,
        `Cannot listen at "${listen}": write unix:///PATH`,
      );
    });
  }
  for (const manager of ["docker", ""]) {
    await t.step(`cgroup_manager = "${manager}"`, () => {
      assertThrows(
        () => serveSettings(NO_FLAGS, { "cgroup_manager": manager }),
        UsageError,
        `Cannot use cgroup_manager = "${manager}": use cgroupfs or systemd`,
      );
    });
  }
});
