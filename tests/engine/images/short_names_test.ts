import { assert, assertEquals } from "@std/assert";
import {
  loadShortNames,
  storedNamesFor,
} from "../../../src/engine/images/short_names.ts";
import {
  EMPTY_CONF,
  type RegistriesConf,
} from "../../../src/formats/config/registries_conf.ts";
import { nameOf } from "../../../src/formats/oci/reference.ts";
import { testRuntime } from "../../support/test_runtime.ts";

const CONF = `
unqualified-search-registries = ["quay.io", "registry.lan"]
[aliases]
"tool" = "example.com/org/tool"
`;

Deno.test("loadShortNames() reads the file only for short names", async (t) => {
  using test = testRuntime({ registriesConf: CONF });
  const { agent, messages } = test;
  const cases:
    readonly (readonly [readonly (string | undefined)[], boolean])[] = [
      [[], false],
      [[undefined], false],
      [["quay.io/a/b"], false],
      [["@0123"], false],
      [["docker://a"], false],
      [["a".repeat(64)], false],
      [["tool"], true],
      [["quay.io/a", undefined, "tool:1"], true],
    ];
  for (const [texts, isRead] of cases) {
    await t.step(JSON.stringify(texts), async () => {
      const conf = await loadShortNames(agent, texts);
      assertEquals(conf === EMPTY_CONF, !isRead);
      if (isRead) {
        assertEquals(conf.searchRegistries, ["quay.io", "registry.lan"]);
      }
    });
  }
  assertEquals(messages, []);
  const signal = AbortSignal.abort("enough");
  const error = await loadShortNames(agent, [], { signal })
    .catch((error) => error);
  assertEquals(error, "enough");
});

Deno.test("loadShortNames() does without a damaged file, and says so", async () => {
  using test = testRuntime({ registriesConf: "[" });
  assertEquals(await loadShortNames(test.agent, ["tool"]), EMPTY_CONF);
  const [message = "", ...others] = test.messages;
  assertEquals(others, []);
  assert(
    message.startsWith(
      "warn: Cannot use the aliases of registries.conf: Cannot read " +
        `"${test.dir.join("registries.conf")}"`,
    ),
    message,
  );
});

Deno.test("storedNamesFor() reports where a short name may be from, in order", async (t) => {
  using test = testRuntime({ registriesConf: CONF });
  const conf = await loadShortNames(test.agent, ["tool"]);
  const digest = `sha256:${"a".repeat(64)}`;
  const long = "a".repeat(240);
  const cases: readonly (readonly [
    string,
    RegistriesConf,
    readonly string[],
  ])[] = [
    ["tool:1", conf, [
      "example.com/org/tool:1",
      "localhost/tool:1",
      "quay.io/tool:1",
      "registry.lan/tool:1",
      "docker.io/library/tool:1",
    ]],
    [`tool@${digest}`, EMPTY_CONF, [
      `localhost/tool@${digest}`,
      `docker.io/library/tool@${digest}`,
    ]],
    ["other", conf, [
      "localhost/other:latest",
      "quay.io/other:latest",
      "registry.lan/other:latest",
      "docker.io/library/other:latest",
    ]],
    // With a registry before it, it would be too long.
    [long, { ...EMPTY_CONF, searchRegistries: ["registry.example.com"] }, [
      `localhost/${long}:latest`,
      ...long.length > 237 ? [] : [long],
    ]],
  ];
  for (const [text, conf, names] of cases) {
    await t.step(text.slice(0, 20), () => {
      assertEquals(storedNamesFor(text, conf).map(nameOf), names);
    });
  }
});
