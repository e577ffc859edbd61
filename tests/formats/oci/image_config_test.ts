import { assertEquals, assertThrows } from "@std/assert";
import { InvalidManifestError } from "../../../src/errors/image_errors.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest.ts";
import { parseImageConfig } from "../../../src/formats/oci/image_config.ts";

Deno.test("parseImageConfig() reads a config", () => {
  const config = parse({
    architecture: "amd64",
    os: "linux",
    created: "2026-01-01T00:00:00Z",
    config: {
      User: "1:2",
      ExposedPorts: { "80/tcp": {} },
      Env: ["A=1"],
      Entrypoint: ["/bin/sh"],
      Cmd: ["-c", "id"],
      Volumes: { "/data": {} },
      Labels: { a: "b" },
    },
    rootfs: { type: "layers", "diff_ids": [digestOf("1")] },
    history: [{ "created_by": "x" }, { "empty_layer": true, comment: null }],
  });
  assertEquals(config.rootfs["diff_ids"], [digestOf("1")]);
  assertEquals(config.config.Entrypoint, ["/bin/sh"]);
  assertEquals(config.config.Cmd, ["-c", "id"]);
  assertEquals(config.config.Volumes, ["/data"]);
  assertEquals(config.config.ExposedPorts, ["80/tcp"]);
  assertEquals(config.history.map((entry) => entry["empty_layer"]), [
    false,
    true,
  ]);
});

Deno.test("parseImageConfig() takes null for absent", () => {
  const config = parse({
    architecture: null,
    config: null,
    history: null,
    rootfs: { type: "layers", "diff_ids": null },
  });
  assertEquals(config.config.Cmd, []);
  assertEquals(config.config.User, "");
  assertEquals(config.rootfs["diff_ids"], []);
});

Deno.test("parseImageConfig() refuses the rest", async (t) => {
  const rootfs = { type: "layers", "diff_ids": [] };
  const cases: [name: string, document: unknown, why: string][] = [
    ["other type", { rootfs: { type: "x" } }, "layers"],
    [
      "bad diff ID",
      { rootfs: { type: "layers", "diff_ids": ["x"] } },
      "diff_ids[0]",
    ],
    ["env", { rootfs, config: { Env: [1] } }, "Env[0]"],
    ["user", { rootfs, config: { User: 5 } }, "User"],
    ["cmd", { rootfs, config: { Cmd: 5 } }, "Cmd"],
    ["cmd is text", { rootfs, config: { Cmd: "sh" } }, "Cmd"],
    ["a set with values", { rootfs, config: { Volumes: { "/a": 1 } } }, "/a"],
    ["an empty time", { rootfs, created: "" }, 'created: "" is no time'],
    ["no day", { rootfs, created: "2024-02-30T00:00:00Z" }, "is no time"],
    ["no zone", { rootfs, created: "2024-02-20T00:00:00" }, "is no time"],
    [
      "a time of the history",
      { rootfs, history: [{ created: "x" }] },
      "[0].created",
    ],
    ["a number for a time", { rootfs, created: 1_700_000_000 }, "created"],
    ["case", { rootfs, Created: "x" }, 'key "Created" looks like "created"'],
    [
      "case in config",
      { rootfs, config: { env: 1 } },
      'key "env" looks like "Env"',
    ],
    ["a terminal", { rootfs, config: { Tty: "yes" } }, "config, Tty"],
    ["a healthcheck", {
      rootfs,
      config: { Healthcheck: { Interval: "30s" } },
    }, "Healthcheck, Interval"],
    ["container_config", { rootfs, container_config: { Env: "A=1" } }, "Env"],
    ["docker_version", { rootfs, docker_version: 27 }, "docker_version"],
    ["os.features", { rootfs, "os.features": "x" }, "os.features"],
  ];
  for (const [name, document, why] of cases) {
    await t.step(name, () => {
      assertThrows(() => parse(document), InvalidManifestError, why);
    });
  }
});

function parse(document: unknown): ReturnType<typeof parseImageConfig> {
  return parseImageConfig(toBytes(JSON.stringify(document)), 'config "c"');
}
