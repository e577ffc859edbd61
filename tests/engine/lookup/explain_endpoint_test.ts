/** What a pull would ask of an endpoint, and what it answers. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { EndpointExplanation } from "../../../src/engine/lookup/explain_endpoint.ts";
import {
  type ExplainOptions,
  explainReference,
} from "../../../src/engine/lookup/explain_reference.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { serveHostile } from "../../support/servers/hostile_server.ts";
import { makeImage, serveImage } from "../../support/servers/served_image.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

const IMAGE = makeImage([await layerOf({ file: "content" })]);

function optionsIn(dir: TempDir): ExplainOptions {
  return {
    systemDirectory: dir.join("etc"),
    vendorDirectory: dir.join("usr"),
    cacheDirectory: dir.join("cache"),
    env: { "XDG_RUNTIME_DIR": dir.path },
  };
}

async function explainOne(
  name: string,
  options: ExplainOptions,
): Promise<EndpointExplanation | undefined> {
  const { names } = await explainReference(`docker://${name}`, options);
  return names[0]?.endpoints[0];
}

/** Sets variables of this process until it is disposed of. */
function variables(values: Readonly<Record<string, string>>): Disposable {
  const before = Object.keys(values).map((name) =>
    [name, Deno.env.get(name)] as const
  );
  for (const [name, value] of Object.entries(values)) Deno.env.set(name, value);
  return {
    [Symbol.dispose]() {
      for (const [name, value] of before) {
        if (value === undefined) Deno.env.delete(name);
        else Deno.env.set(name, value);
      }
    },
  };
}

Deno.test("explainEndpoint() reports where it asks, and how it is verified", async (t) => {
  const digest = `sha256:${"a".repeat(64)}`;
  const cases: readonly (readonly [
    string,
    Partial<ExplainOptions>,
    readonly string[],
    Omit<EndpointExplanation["tls"], "authorities">,
  ])[] = [
    ["q.test/a/b", {}, ["https://q.test/v2/a/b/manifests/latest"], {
      verify: true,
    }],
    [`q.test/a/b@${digest}`, {}, [
      `https://q.test/v2/a/b/manifests/${digest}`,
    ], { verify: true }],
    ["docker.io/library/a:1", {}, [
      "https://registry-1.docker.io/v2/library/a/manifests/1",
    ], { verify: true }],
    ["q.test/a:1", { tlsVerify: false }, [
      "https://q.test/v2/a/manifests/1",
      "http://q.test/v2/a/manifests/1",
    ], { verify: false, why: "--tls-verify=false" }],
    ["localhost:5000/a:1", {}, [
      "https://localhost:5000/v2/a/manifests/1",
      "http://localhost:5000/v2/a/manifests/1",
    ], { verify: true, why: '"localhost:5000" is this machine' }],
    ["localhost:5000/a:1", { tlsVerify: true }, [
      "https://localhost:5000/v2/a/manifests/1",
    ], { verify: true }],
  ];
  for (const [name, options, urls, tls] of cases) {
    await t.step(`${name} ${JSON.stringify(options)}`, async () => {
      using dir = tempDir();
      const endpoint = await explainOne(name, {
        ...optionsIn(dir),
        ...options,
      });
      assertEquals(endpoint, {
        name: name.includes(":") ? name : `${name}:latest`,
        requests: urls.map((url) => ({ url })),
        isMirror: false,
        tls: { ...tls, authorities: [] },
        problems: [],
      });
    });
  }
});

Deno.test("explainEndpoint() reports which proxy is used, and why none is", async () => {
  using dir = tempDir();
  using _set = variables({
    "HTTPS_PROXY": "http://p.test:8080",
    "NO_PROXY": "direct.test",
  });
  const requestsOf = async (name: string) =>
    (await explainOne(name, optionsIn(dir)))?.requests;
  assertEquals(await requestsOf("q.test/a:1"), [{
    url: "https://q.test/v2/a/manifests/1",
    proxy: { url: "http://p.test:8080", variable: "HTTPS_PROXY" },
  }]);
  const [direct, ...others] = await requestsOf("direct.test/a:1") ?? [];
  assertEquals(others, []);
  assertEquals(direct?.proxy, undefined);
  assertMatch(direct?.proxyExemption ?? "", /direct\.test/);
  using _odd = variables({ "HTTPS_PROXY": "odd://p.test" });
  const endpoint = await explainOne("q.test/a:1", optionsIn(dir));
  assertEquals(endpoint?.requests, [{
    url: "https://q.test/v2/a/manifests/1",
  }]);
  assertEquals(endpoint?.problems.length, 1);
  assertMatch(endpoint?.problems[0] ?? "", /HTTPS_PROXY/);
});

Deno.test("explainEndpoint() tells whose login is used", async () => {
  using dir = tempDir();
  const credentials = {
    ...{ kind: "password", username: "ann", password: "secret" } as const,
  };
  const mirror = `[[registry]]
location = "q.test"
[[registry.mirror]]
location = "m.test"
`;
  await Deno.mkdir(dir.join("etc/containers"), { recursive: true });
  await Deno.writeTextFile(dir.join("etc/containers/registries.conf"), mirror);
  const { names } = await explainReference("q.test/a:1", {
    ...optionsIn(dir),
    credentials,
  });
  assertEquals(
    names[0]?.endpoints.map(({ name, login }) => [name, login?.source]),
    [["m.test/a:1", undefined], ["q.test/a:1", "the command line"]],
  );
});

Deno.test("explainEndpoint() asks only if it is told to", async (t) => {
  await using registry = serveImage(IMAGE);
  using dir = tempDir();
  const options = optionsIn(dir);
  const { host, name } = registry;
  await t.step("what is there", async () => {
    const asked = await explainOne(name, { ...options, probe: "ask" });
    assertEquals(asked?.probe, {
      ...{ ok: true, url: `http://${host}/v2/app/` },
    });
    await using telling = serveHostile(({ url }) =>
      new Response("", {
        headers: url.includes("/manifests/1")
          ? { "docker-content-digest": IMAGE.manifest.digest }
          : {},
      })
    );
    const told = await explainOne(`${telling.host}/app:1`, {
      ...{ ...options, probe: "ask" },
    });
    assertEquals(told?.probe, {
      ...{ ok: true, digest: IMAGE.manifest.digest },
      url: `http://${telling.host}/v2/app/`,
    });
  });
  await t.step("nothing by default", async () => {
    const before = registry.requests.length;
    for (const probe of [undefined, "none"] as const) {
      assertEquals(
        (await explainOne(name, { ...options, probe }))?.probe,
        undefined,
      );
    }
    assertEquals(registry.requests.length, before);
  });
  await t.step("once, and reports why there is nothing", async () => {
    await using none = serveHostile(() => new Response("", { status: 503 }));
    const asked = await explainOne(`${none.host}/app:1`, {
      ...{ ...options, probe: "ask" },
    });
    const { probe } = asked ?? {};
    assert(!(probe?.ok));
    if (probe?.ok !== false) return;
    assertEquals(probe.category, "unavailable");
    assertMatch(probe.problem, /503/);
    assertEquals(none.requests.length, 1);
  });
  await t.step("unless it is aborted", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await assertRejects(
      () => explainOne(name, { ...options, probe: "ask", signal }),
      Error,
      "enough",
    );
  });
});
