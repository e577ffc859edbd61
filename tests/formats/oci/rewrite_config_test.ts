import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { toBytes, toText } from "../../../src/formats/bytes.ts";
import { toOciConfig } from "../../../src/formats/oci/rewrite_config.ts";

const convert = (text: string) => toText(toOciConfig(toBytes(text)));

/** What Go writes of nothing. */
const EMPTY = '{"architecture":"","os":"","config":{},"rootfs":{"type":"",' +
  '"diff_ids":null}}';

Deno.test("toOciConfig() writes what OCI knows, in the order of Go's structures", () => {
  const docker = JSON.stringify({
    history: [{
      "empty_layer": true,
      comment: "c",
      author: "a",
      "created_by": "b",
      created: "2026-01-02T03:04:05Z",
      odd: 1,
    }],
    rootfs: { "diff_ids": ["sha256:1", "sha256:2"], type: "layers", odd: 1 },
    id: "x",
    parent: "y",
    "container_config": { Hostname: "h" },
    "docker_version": "1",
    config: {
      ArgsEscaped: true,
      StopSignal: "SIGTERM",
      Labels: { b: "2", a: "1" },
      WorkingDir: "/w",
      Volumes: { "/z": {}, "/y": {} },
      Cmd: ["c"],
      Entrypoint: ["e"],
      Env: ["B=1", "A=2"],
      ExposedPorts: { "80/tcp": {}, "22/tcp": {} },
      User: "u",
      Hostname: "h",
      Healthcheck: {},
      OnBuild: ["x"],
    },
    variant: "v7",
    "os.features": ["f"],
    "os.version": "10",
    os: "linux",
    architecture: "arm",
    author: "ann",
    created: "2026-01-02T03:04:05.120Z",
  });
  assertEquals(
    convert(docker),
    '{"created":"2026-01-02T03:04:05.12Z","author":"ann","architecture":"arm",' +
      '"os":"linux","os.version":"10","os.features":["f"],"variant":"v7",' +
      '"config":{"User":"u","ExposedPorts":{"22/tcp":{},"80/tcp":{}},' +
      '"Env":["B=1","A=2"],"Entrypoint":["e"],"Cmd":["c"],' +
      '"Volumes":{"/y":{},"/z":{}},"WorkingDir":"/w",' +
      '"Labels":{"a":"1","b":"2"},"StopSignal":"SIGTERM","ArgsEscaped":true},' +
      '"rootfs":{"type":"layers","diff_ids":["sha256:1","sha256:2"]},' +
      '"history":[{"created":"2026-01-02T03:04:05Z","created_by":"b",' +
      '"author":"a","comment":"c","empty_layer":true}]}',
  );
});

Deno.test("toOciConfig() leaves out what Go takes for empty", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["nothing", "{}"],
    ["no object", "[]"],
    ["null", '{"author":null,"config":null,"history":null,"rootfs":null}'],
    ["empty texts", '{"author":"","variant":"","config":{"User":""}}'],
    ["empty lists", '{"os.features":[],"config":{"Env":[]},"history":[]}'],
    ["empty maps", '{"config":{"Labels":{},"Volumes":{},"ExposedPorts":{}}}'],
    ["false and 0", '{"config":{"ArgsEscaped":false,"WorkingDir":0}}'],
    ["what is no list", '{"history":{"created":"x"}}'],
  ];
  for (const [name, text] of cases) {
    await t.step(name, () => assertEquals(convert(text), EMPTY));
  }
});

Deno.test("toOciConfig() writes times as Go does", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"],
    ["2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05Z"],
    ["2026-01-02T03:04:05.100Z", "2026-01-02T03:04:05.1Z"],
    ["2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123456789Z"],
    ["2026-01-02T03:04:05.1234567891Z", "2026-01-02T03:04:05.123456789Z"],
    ["2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05Z"],
    ["2026-01-02T03:04:05-00:00", "2026-01-02T03:04:05Z"],
    ["2026-01-02T03:04:05.5+02:00", "2026-01-02T03:04:05.5+02:00"],
  ];
  for (const [text, written] of cases) {
    await t.step(text, () => {
      const config = JSON.parse(convert(JSON.stringify({ created: text })));
      assertEquals(config.created, written);
    });
  }
});

Deno.test("toOciConfig() keeps numbers and characters as Go writes them", () => {
  const { config } = JSON.parse(convert('{"config":{"Cmd":["<&>"]}}'));
  assertEquals(config, { Cmd: ["<&>"] });
  const text = convert('{"author":"<&>","config":{"User":1.0}}');
  assertStringIncludes(text, String.raw`"author":"\u003c\u0026\u003e"`);
  assertStringIncludes(text, '"User":1.0');
  assertThrows(() => convert("{"), SyntaxError, "Cannot read config");
});
