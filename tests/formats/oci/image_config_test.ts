import { assertEquals, assertThrows } from "@std/assert";
import { InvalidManifestError } from "../../../src/errors/image_errors.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
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

Deno.test("parseImageConfig() refuses what hides all images from tools in Go", async (t) => {
  const run: [members: string, why: string][] = [
    ['"Healthcheck":{"Interval":1.0}', "expected an integer, got 1.0"],
    ['"Healthcheck":{"Interval":1e9}', "expected an integer, got 1e9"],
    ['"Healthcheck":{"Retries":9223372036854775808}', "9223372036854775808"],
    ['"Healthcheck":1.0', "expected an object, got 1.0"],
    ['"StopTimeout":-0.0', "expected an integer, got -0.0"],
    ['"healthcheck":5', "healthcheck: expected an object"],
    ['"Healthcheck":{"interval":"x"}', "interval: expected an integer"],
    ['"tty":"yes"', "tty: expected true or false"],
    ['"Tty":true,"TTY":5', "TTY: expected true or false"],
    ['"macaddress":5', "macaddress: expected a string"],
    ['"Shell":5', "Shell: expected an array"],
    ['"\u017fhell":5', "expected an array"],
    ['"Networ\u212aDisabled":5', "expected true or false"],
    ['"Uſer":"x"', 'looks like "User"'],
  ];
  const top: [members: string, why: string][] = [
    ['"size":1.5', "size: expected an integer, got 1.5"],
    ['"Size":"x"', "Size: expected an integer"],
    ['"ID":5', "ID: expected a string"],
    ['"DOCKER_VERSION":5', "DOCKER_VERSION: expected a string"],
    ['"Container_Config":5', "Container_Config: expected an object"],
    ['"container_config":{"CMD":5}', "CMD: expected an array"],
    ['"history":[{"Created":"x"}]', 'looks like "created"'],
    ['"history":[{"EMPTY_LAYER":5}]', 'looks like "empty_layer"'],
    ['"rootfs":{"Diff_IDs":[]}', 'looks like "diff_ids"'],
  ];
  const documents = [
    ...run.map(([members, why]) => [`{"config":{${members}}}`, why] as const),
    ...top.map(([members, why]) => [`{${members}}`, why] as const),
  ];
  for (const [document, why] of documents) {
    await t.step(document, () => {
      assertThrows(
        () => parseImageConfig(toBytes(document), 'config "c"'),
        InvalidManifestError,
        why,
      );
    });
  }
});

Deno.test("parseImageConfig() leaves to others what no one reads", () => {
  const text =
    '{"x":1.0,"config":{"tty":true,"Own":{"tty":1e3},"Shell":"sh","Labels":' +
    '{"__proto__":"a","constructor":"b"}},"rootfs":{"base":-0}}';
  const { config } = parseImageConfig(toBytes(text), 'config "c"');
  assertEquals(Object.keys(config.Labels), ["__proto__", "constructor"]);
});

Deno.test("parseImageConfig() reads each member", () => {
  const time = "2026-01-01T00:00:00Z";
  const ids = [digestOf("1"), digestOf("2")];
  const whole = {
    ...{ created: time, author: "ann", architecture: "arm", os: "linux" },
    ...{ variant: "v7", "os.version": "10", "os.features": ["f"] },
    config: {
      User: "1:2",
      ExposedPorts: { "80/tcp": {}, "53/udp": null },
      Env: ["A=1"],
      Entrypoint: ["/bin/sh"],
      Cmd: ["-c", "id"],
      Volumes: { "/data": {} },
      WorkingDir: "/w",
      Labels: { a: "b" },
      StopSignal: "SIGINT",
    },
    rootfs: { type: "layers", "diff_ids": ids },
    history: [
      {
        ...{ created: time, author: "ann", "created_by": "x", comment: "c" },
        "empty_layer": true,
      },
      {},
      null,
    ],
  };
  const none = {
    ...{ created: undefined, author: undefined, "created_by": undefined },
    ...{ comment: undefined, "empty_layer": false },
  };
  assertEquals<unknown>(parse(whole), {
    ...{ created: time, author: "ann", architecture: "arm", os: "linux" },
    variant: "v7",
    config: {
      ...whole.config,
      ExposedPorts: ["80/tcp", "53/udp"],
      Volumes: ["/data"],
    },
    rootfs: whole.rootfs,
    history: [whole.history[0], none, none],
  });
  for (
    const empty of [{}, { rootfs: {}, config: {} }, { rootfs: { type: "" } }]
  ) {
    assertEquals<unknown>(parse(empty), {
      ...{ created: undefined, author: undefined, architecture: "", os: "" },
      variant: undefined,
      config: {
        ...{ User: "", ExposedPorts: [], Env: [], Entrypoint: [], Cmd: [] },
        ...{ Volumes: [], WorkingDir: "", Labels: {}, StopSignal: "" },
      },
      rootfs: { type: "layers", "diff_ids": [] },
      history: [],
    });
  }
});

Deno.test("parseImageConfig() names each member that is malformed", async (t) => {
  const long = "x".repeat(41);
  const cases: readonly (readonly [unknown, string])[] = [
    [[], 'config "c": expected an object, got []'],
    ...["author", "architecture", "os", "variant", "os.version"].map((key) =>
      [{ [key]: 1 }, `config "c".${key}: expected a string, got 1`] as const
    ),
    ...["User", "WorkingDir", "StopSignal"].map((key) =>
      [
        { config: { [key]: 1 } },
        `config "c", config.${key}: expected a string, got 1`,
      ] as const
    ),
    ...["Env", "Entrypoint", "Cmd"].map((key) =>
      [
        { config: { [key]: [1] } },
        `config "c", config.${key}[0]: expected a string, got 1`,
      ] as const
    ),
    ...["ExposedPorts", "Volumes"].map((key) =>
      [
        { config: { [key]: { a: 1 } } },
        `config "c", config.${key}["a"]: expected an object, got 1`,
      ] as const
    ),
    [
      { config: { Labels: { a: 1 } } },
      'config "c", config.Labels["a"]: expected a string, got 1',
    ],
    [{ config: 1 }, 'config "c", config: expected an object, got 1'],
    [{ rootfs: 1 }, 'config "c", rootfs: expected an object, got 1'],
    [
      { rootfs: { type: "x" } },
      'config "c", rootfs: type is "x", expected "layers"',
    ],
    [
      { rootfs: { "diff_ids": {} } },
      'config "c", rootfs.diff_ids: expected an array, got {}',
    ],
    [{ history: {} }, 'config "c", history: expected an array, got {}'],
    [
      { history: [{}, 1] },
      'config "c", history[1]: expected an object, got 1',
    ],
    ...["author", "created_by", "comment"].map((key) =>
      [
        { history: [{ [key]: 1 }] },
        `config "c", history[0].${key}: expected a string, got 1`,
      ] as const
    ),
    [
      { history: [{ "empty_layer": 1 }] },
      'config "c", history[0].empty_layer: expected true or false, got 1',
    ],
    [
      { created: long },
      `config "c", created: "${long.slice(1)}" is no time as RFC 3339 has it`,
    ],
  ];
  for (const [document, message] of cases) {
    await t.step(message, () => {
      const error = assertThrows(() => parse(document), InvalidManifestError);
      assertEquals(error.message, `Cannot read ${message}`);
    });
  }
  await t.step("one that is too large", () => {
    const most = 4 * 1024 * 1024;
    const of = (size: number) => toBytes(`{}${" ".repeat(size - 2)}`);
    parseImageConfig(of(most), "config");
    assertThrows(
      () => parseImageConfig(of(most + 1), "config"),
      InvalidManifestError,
      "Cannot read config: larger than 4194304 bytes",
    );
  });
});

function parse(document: unknown): ReturnType<typeof parseImageConfig> {
  return parseImageConfig(toBytes(JSON.stringify(document)), 'config "c"');
}
