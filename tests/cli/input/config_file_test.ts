import { assert, assertEquals, assertRejects } from "@std/assert";
import { readConfigFile } from "../../../src/cli/input/config_file.ts";
import { networkPlaces } from "../../../src/cli/input/network_places.ts";
import { newPodName } from "../../../src/cli/input/join_pod.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";
import { tempDir } from "../../support/temp_dir.ts";

/** Reads settings from a file with a text. */
async function read(text: string) {
  using dir = tempDir();
  const path = dir.join("orlop.toml");
  await Deno.writeTextFile(path, text);
  return await readConfigFile(path);
}

Deno.test("readConfigFile() reads all settings as texts", async () => {
  const texts = [
    'root = "/r"\nrunroot = "/u"\nlog_level = "debug"\nlog_format = "json"',
    'log_file = "/l"\ndownload_connections = 3\ndownload_parts_above = "1m"',
    '[serve]\nlisten = "/s"\ncni_conf_dir = "/c"\ncni_bin_dir = "/a:/b"',
    'runtime = "crun"\ncgroup_manager = "systemd"\nmetrics_listen = ":1"\n',
  ];
  assertEquals(await read(texts.join("\n")), {
    texts: {
      ...{ root: "/r", runroot: "/u" },
      ...{ "log_level": "debug", "log_format": "json", "log_file": "/l" },
      ...{ "download_connections": "3", "download_parts_above": "1m" },
    },
    serve: {
      ...{ listen: "/s", "cni_conf_dir": "/c", "cni_bin_dir": "/a:/b" },
      ...{ runtime: "crun", "cgroup_manager": "systemd" },
      "metrics_listen": ":1",
    },
  });
  assertEquals(await read(""), { texts: {}, serve: {} });
});

Deno.test("readConfigFile() reports contradictory settings", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["odd = 1", 'there is no setting "odd"'],
    ['rot = "/r"', 'there is no setting "rot", did you mean "root"?'],
    ["root = 1", '"root" must be a text, not 1'],
    ["root = true", '"root" must be a text, not true'],
    [
      "download_parts_above = 1",
      '"download_parts_above" must be a text, not 1',
    ],
    ["serve = 1", '"serve" must be a table: [serve]'],
    ["serve = []", '"serve" must be a table: [serve]'],
    ["[serve]\nlisten = 1", '"serve.listen" must be a text, not 1'],
    [
      '[serve]\nlisen = "x"',
      'there is no setting "serve.lisen", did you mean "serve.listen"?',
    ],
    ['[serve]\nroot = "/r"', 'there is no setting "serve.root"'],
    [
      "[serve]\ndownload_connections = 1",
      'there is no setting "serve.download_connections"',
    ],
  ];
  for (const [text, why] of cases) {
    await t.step(text, async () => {
      const error = await assertRejects(() => read(text), UsageError);
      const start = error.message.replace(/"\/.*?orlop\.toml"/, "FILE");
      assertEquals(start, `Cannot use settings of FILE: ${why}`);
    });
  }
  await t.step("no TOML", async () => {
    const error = await assertRejects(() => read("root = "), UsageError);
    assertEquals(error.message.split("\n").length, 1);
  });
  await t.step("a file that was named, and is not there", async () => {
    using dir = tempDir();
    const error = await assertRejects(
      () => readConfigFile(dir.join("none")),
      UsageError,
    );
    assert(error.message.includes("no such file or directory"), error.message);
  });
});

Deno.test("networkPlaces() makes paths absolute, and has those of CNI", () => {
  const here = Deno.cwd();
  assertEquals(
    networkPlaces({ "cni_conf_dir": "c", "cni_bin_dir": "a::/b:" }),
    {
      configDirectory: `${here}/c`,
      pluginDirectories: [`${here}/a`, "/b"],
    },
  );
  const { configDirectory, pluginDirectories } = networkPlaces({
    "cni_conf_dir": "",
  });
  assert(configDirectory.startsWith("/"));
  assert(pluginDirectories.length > 0);
  assert(pluginDirectories.every((path) => path.startsWith("/")));
});

Deno.test("newPodName() distinguishes a new pod from one that is there", () => {
  const texts = ["new:web", "new:", "web", "anew:web", "new", "new:a\nb"];
  assertEquals(texts.map(newPodName), [
    ...["web", "", undefined, undefined, undefined, "a\nb"],
  ]);
});
