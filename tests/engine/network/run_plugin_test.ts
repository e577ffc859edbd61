import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  findPlugin,
  type PluginCall,
  runPlugin,
} from "../../../src/engine/network/run_plugin.ts";
import { NetworkError } from "../../../src/errors/network_errors.ts";
import { fakePlugins } from "../../support/nodes/fake_plugins.ts";

const CALL: PluginCall = {
  ...{ verb: "ADD", type: "foo", network: "net", input: "{}" },
  env: { "CNI_IFNAME": "eth0" },
};

Deno.test("runPlugin() hands a call over, and what is printed back", async () => {
  using plugins = fakePlugins();
  const { settings } = plugins;
  plugins.add("foo", "printf out");
  const input = '{"a":1}';
  assertEquals(await runPlugin({ ...CALL, input }, settings), "out");
  assertEquals(plugins.listCalls(), [{
    type: "foo",
    verb: "ADD",
    input: { a: 1 },
    env: {
      ...{ "CNI_COMMAND": "ADD", "CNI_IFNAME": "eth0" },
      "CNI_PATH": settings.pluginDirectories.join(":"),
    },
  }]);
});

Deno.test("runPlugin() reports what a plugin says, and whether it may pass", async (t) => {
  using plugins = fakePlugins();
  const json = (code: number, msg: string) =>
    `printf '{"cniVersion":"1.0.0","code":${code},"msg":"${msg}"}'; exit 1`;
  // The verb and the script, what is told, whether it may pass.
  const cases: readonly (readonly [
    PluginCall["verb"],
    string,
    string,
    NetworkError["category"],
  ])[] = [
    [
      "ADD",
      json(7, "why"),
      'join network "net": plugin "foo" says: why',
      "internal",
    ],
    [
      "DEL",
      json(11, "why"),
      'leave network "net": plugin "foo" says: why',
      "unavailable",
    ],
    [
      "CHECK",
      json(50, "why"),
      'check network "net": plugin "foo" says: why',
      "unavailable",
    ],
    [
      "GC",
      json(51, "why"),
      'tidy up network "net": plugin "foo" says: why',
      "unavailable",
    ],
    [
      "STATUS",
      json(52, "why"),
      'use network "net": plugin "foo" says: why',
      "internal",
    ],
    [
      "ADD",
      "echo one >&2; echo two >&2; exit 3",
      'join network "net": plugin "foo" says: one',
      "internal",
    ],
    [
      "ADD",
      "echo one; exit 3",
      'join network "net": plugin "foo" says: one',
      "internal",
    ],
    [
      "ADD",
      "exit 3",
      'join network "net": plugin "foo" says: exit code 3',
      "internal",
    ],
  ];
  for (const [verb, script, message, category] of cases) {
    await t.step(`${verb} ${script}`, async () => {
      plugins.add("foo", script);
      const error = await assertRejects(
        () => runPlugin({ ...CALL, verb }, plugins.settings),
        NetworkError,
      );
      assertEquals(error.message, `Cannot ${message}`);
      assertEquals([error.category, error.plugin], [category, "foo"]);
    });
  }
  await t.step("one that does not end", async () => {
    plugins.add("foo", "exec sleep 60");
    const error = await assertRejects(
      () => runPlugin(CALL, { ...plugins.settings, timeoutMs: 200 }),
      NetworkError,
    );
    assertEquals(
      error.message,
      'Cannot join network "net": plugin "foo" says: it did not end within ' +
        "0.2 s",
    );
    assertEquals(error.category, "unavailable");
  });
  await t.step("the caller's signal", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await assertRejects(
      () => runPlugin(CALL, plugins.settings, { signal }),
      Error,
      "enough",
    );
  });
});

Deno.test("findPlugin() finds a program that no one else can change", async (t) => {
  using plugins = fakePlugins();
  const { settings } = plugins;
  plugins.add("foo");
  const [, folder = ""] = settings.pluginDirectories;
  assertEquals(findPlugin("foo", settings), `${folder}/foo`);
  const refusal = (type: string) => {
    const error = assertThrows(() => findPlugin(type, settings), NetworkError);
    assertEquals([error.category, error.plugin], ["unavailable", type]);
    return error.message;
  };
  const missing = `it is not in ${settings.pluginDirectories.join(", ")}; ` +
    "install CNI's plugins";
  await t.step("none", () => {
    assertEquals(refusal("bar"), `Cannot run network plugin "bar": ${missing}`);
  });
  await t.step("a folder", async () => {
    await Deno.mkdir(`${folder}/dir`);
    assertEquals(refusal("dir"), `Cannot run network plugin "dir": ${missing}`);
  });
  await t.step("no program", async () => {
    await Deno.writeTextFile(`${folder}/text`, "", { mode: 0o644 });
    assertEquals(
      refusal("text"),
      `Cannot run network plugin "text": ${missing}`,
    );
  });
  await t.step("another's", async () => {
    await Deno.chmod(`${folder}/foo`, 0o777);
    assertEquals(
      refusal("foo"),
      `Cannot run network plugin "foo": others can write to "${folder}/foo"`,
    );
  });
});
