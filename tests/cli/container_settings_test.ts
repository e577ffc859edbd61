import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../src/cli/command.ts";
import {
  type ContainerFlags,
  containerSettings,
} from "../../src/cli/container_settings.ts";

const FLAGS: ContainerFlags = {
  name: undefined,
  pod: undefined,
  env: [],
  volume: [],
  workdir: undefined,
  user: undefined,
  entrypoint: undefined,
  hostname: undefined,
  network: "none",
  "read-only": false,
  annotation: [],
  tty: false,
};

Deno.test("containerSettings() reads volumes, variables and entrypoints", () => {
  const settings = containerSettings({
    ...FLAGS,
    env: ["A=b=c", "B="],
    volume: ["/srv:/data:ro", "./x:/y"],
    entrypoint: '["sh", "-c"]',
    annotation: ["a.b=c"],
  }, ["ls"]);
  assertEquals(settings.args, ["ls"]);
  assertEquals(settings.env, ["A=b=c", "B="]);
  assertEquals(settings.volumes, [
    { source: "/srv", target: "/data", access: "read-only" },
    { source: `${Deno.cwd()}/x`, target: "/y", access: "read-write" },
  ]);
  assertEquals(settings.entrypoint, ["sh", "-c"]);
  assertEquals(settings.annotations, { "a.b": "c" });
});

Deno.test("containerSettings() leaves the image's own where nothing is said", () => {
  const { args, entrypoint } = containerSettings(FLAGS, []);
  assertEquals({ args, entrypoint }, {
    args: undefined,
    entrypoint: undefined,
  });
  const { entrypoint: none } = containerSettings(
    { ...FLAGS, entrypoint: "" },
    [],
  );
  assertEquals(none, []);
});

Deno.test("containerSettings() refuses what is malformed", async (t) => {
  const cases: readonly [Partial<ContainerFlags>, string][] = [
    [{ volume: ["data:/x"] }, "orlop has no named volumes"],
    [{ volume: ["/x"] }, "write SOURCE:TARGET"],
    [{ volume: ["/x:/y:rx"] }, "write SOURCE:TARGET"],
    [{ volume: ["/x:/y:ro:z"] }, "write SOURCE:TARGET"],
    [{ env: ["ORLOP_SURELY_UNSET"] }, "write NAME=VALUE"],
    [{ entrypoint: "[1]" }, "a JSON array of texts"],
    [{ entrypoint: "[" }, "a JSON array of texts"],
    [{ annotation: ["x"] }, "write NAME=VALUE"],
  ];
  for (const [flags, message] of cases) {
    await t.step(JSON.stringify(flags), () => {
      assertThrows(
        () => containerSettings({ ...FLAGS, ...flags }, []),
        UsageError,
        message,
      );
    });
  }
});
