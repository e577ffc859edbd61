import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { checkDockerMembers } from "../../../src/formats/oci/docker_config.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import {
  asDescriptor,
  asIndexEntry,
} from "../../../src/formats/oci/read_descriptor.ts";

const NEEDED = { mediaType: "a/b", digest: digestOf("abc"), size: 3 };

Deno.test("asDescriptor() keeps what is known", () => {
  assertEquals(asDescriptor(NEEDED, "x"), NEEDED);
  const more = {
    ...{ urls: ["u"], annotations: { a: "b" }, artifactType: "t" },
    platform: { os: "linux", architecture: "arm", variant: "v7" },
  };
  const odd = { data: "YQ==", odd: 1 };
  assertEquals(asDescriptor({ ...NEEDED, ...more, ...odd }, "x"), {
    ...{ ...NEEDED, ...more },
  });
  const nulls = { urls: null, annotations: null, platform: null, data: null };
  assertEquals(asDescriptor({ ...NEEDED, ...nulls }, "x"), NEEDED);
  assertEquals(asDescriptor({ ...NEEDED, platform: {} }, "x").platform, {
    os: "",
    architecture: "",
  });
});

/** What makes a descriptor none, and what is said of it. */
const ODD: readonly (readonly [Record<string, unknown>, string])[] = [
  [{ urls: "u" }, "x.urls: expected an array"],
  [{ urls: [1] }, "x.urls[0]: expected a string"],
  [{ annotations: [] }, "x.annotations: expected an object"],
  [{ annotations: { a: 1 } }, 'x.annotations["a"]: expected a string'],
  [{ artifactType: 1 }, "x.artifactType: expected a string"],
  [{ platform: "linux" }, "x.platform: expected an object"],
  [{ platform: { os: 1 } }, "x.platform.os: expected a string"],
  [
    { platform: { architecture: 1 } },
    "x.platform.architecture: expected a string",
  ],
  [{ platform: { variant: 1 } }, "x.platform.variant: expected a string"],
  [
    { platform: { "os.version": 1 } },
    "x.platform.os.version: expected a string",
  ],
  [
    { platform: { "os.features": "f" } },
    "x.platform.os.features: expected an array",
  ],
  [{ platform: { features: [1] } }, "x.platform.features[0]: expected"],
  [{ platform: { OS: "l" } }, 'x.platform: ambiguous, key "OS" looks like'],
  [{ Digest: "d" }, 'x: ambiguous, key "Digest" looks like "digest"'],
  [{ data: 1 }, "x.data: expected a string"],
  [{ data: "YQ=" }, "x.data: it is no Base64"],
  [{ data: "Y===" }, "x.data: it is no Base64"],
  [{ data: "Y-==" }, "x.data: it is no Base64"],
];
/** What others may use, and not we. */
const UNUSABLE: readonly (readonly [Record<string, unknown>, string])[] = [
  [{ mediaType: undefined }, "x.mediaType: expected a string, got nothing"],
  [{ digest: "md5:1" }, "x.digest: "],
  [{ digest: undefined }, "x.digest: expected a string, got nothing"],
  [{ size: -1 }, "x.size: expected a size, got -1"],
  [{ size: undefined }, "x.size: expected an integer, got nothing"],
];
const MISTYPED: readonly (readonly [Record<string, unknown>, string])[] = [
  [{ mediaType: 1 }, "x.mediaType: expected a string, got 1"],
  [{ digest: 1 }, "x.digest: expected a string, got 1"],
  [{ size: "3" }, 'x.size: expected an integer, got "3"'],
  [{ size: 1.5 }, "x.size: expected an integer, got 1.5"],
];

Deno.test("asDescriptor() refuses what is none", async (t) => {
  for (const [change, why] of [...ODD, ...UNUSABLE, ...MISTYPED]) {
    await t.step(JSON.stringify(change), () => {
      const read = () => asDescriptor({ ...NEEDED, ...change }, "x");
      assertThrows(read, SyntaxError, `Cannot read ${why}`);
    });
  }
  assertThrows(() => asDescriptor([], "x"), SyntaxError, "expected an object");
});

Deno.test("asIndexEntry() hands on what is of no use, and refuses what Go does", async (t) => {
  assertEquals(asIndexEntry(NEEDED, "x"), NEEDED);
  for (const [change, why] of UNUSABLE) {
    await t.step(`of no use: ${why}`, () => {
      const platform = { os: "linux", architecture: "s390x" };
      const found = asIndexEntry({ ...NEEDED, platform, ...change }, "x");
      const problem = "problem" in found ? found.problem : "";
      assert(problem.startsWith(`Cannot read ${why}`), problem);
      assertEquals(found, { platform, problem });
      assertFalse("platform" in asIndexEntry(change, "x"));
    });
  }
  for (const [change, why] of [...ODD, ...MISTYPED]) {
    await t.step(`refused: ${why}`, () => {
      const read = () => asIndexEntry({ ...NEEDED, ...change }, "x");
      assertThrows(read, SyntaxError, `Cannot read ${why}`);
    });
  }
});

Deno.test("checkDockerMembers() refuses what Go cannot read", async (t) => {
  const run: readonly (readonly [readonly string[], unknown, string])[] = [
    [
      ["Hostname", "Domainname", "Image", "MacAddress", "User", "WorkingDir"],
      1,
      "a string",
    ],
    [["StopSignal"], 1, "a string"],
    [
      ["AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin"],
      "yes",
      "true or false",
    ],
    [["StdinOnce", "NetworkDisabled", "ArgsEscaped"], 1, "true or false"],
    [["OnBuild", "Env"], "a", "an array"],
    [["Cmd", "Entrypoint", "Shell"], 1, "an array"],
    [["ExposedPorts", "Volumes", "Labels", "Healthcheck"], [], "an object"],
    [["StopTimeout"], "1", "an integer"],
  ];
  const cases = [
    ...run.flatMap(([keys, value, wanted]) =>
      keys.flatMap((key) =>
        ["config", "container_config"].map((at) =>
          [
            { [at]: { [key]: value } },
            `${at}, ${key}: expected ${wanted}`,
          ] as const
        )
      )
    ),
    ...["id", "parent", "comment", "container", "docker_version"].map((key) =>
      [{ [key]: 1 }, `${key}: expected a string`] as const
    ),
    [{ Size: "1" }, "Size: expected an integer"],
    [{ size: "1" }, "size: expected an integer"],
    [{ CONFIG: { USER: 1 } }, "CONFIG, USER: expected a string"],
    [{ config: [] }, "config: expected an object"],
    ...["Interval", "Timeout", "StartPeriod", "Retries"].map((key) =>
      [
        { config: { Healthcheck: { [key]: "1" } } },
        `config, Healthcheck, ${key}: expected an integer`,
      ] as const
    ),
    [
      { config: { Healthcheck: { Test: "a" } } },
      "config, Healthcheck, Test: expected an array",
    ],
  ] as const;
  for (const [document, why] of cases) {
    await t.step(why, () => {
      const check = () => checkDockerMembers(document, "config");
      assertThrows(check, SyntaxError, `Cannot read config, ${why}`);
    });
  }
  await t.step("and nothing else", () => {
    checkDockerMembers({ odd: 1, config: { Odd: 1, Cmd: "a" } }, "config");
    checkDockerMembers({ config: null, id: null }, "config");
    checkDockerMembers({ config: { Healthcheck: null } }, "config");
  });
});
