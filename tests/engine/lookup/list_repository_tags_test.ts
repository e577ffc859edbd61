import { assert, assertEquals, assertRejects } from "@std/assert";
import { listRepositoryTags } from "../../../src/engine/lookup/list_repository_tags.ts";
import { RegistryError } from "../../../src/errors/image_errors.ts";
import { serveHostile } from "../../support/servers/hostile_server.ts";
import { testRuntime } from "../../support/test_runtime.ts";

/** A registry that has one repository. */
function serveTags(path: string, tags: readonly string[]) {
  return serveHostile((request) =>
    new URL(request.url).pathname === `/v2/${path}/tags/list`
      ? Response.json({ name: path, tags })
      : new Response("", { status: request.url.endsWith("/v2/") ? 200 : 404 })
  );
}

const ONCE = { tlsVerify: false, retry: { tries: 1 } };

Deno.test("listRepositoryTags() asks the registry of a name", async (t) => {
  await using server = serveTags("org/app", ["2", "1"]);
  using test = testRuntime();
  const repository = `${server.host}/org/app`;
  for (const name of [repository, `docker://${repository}`]) {
    await t.step(name.replace(server.host, "HOST"), async () => {
      assertEquals(await listRepositoryTags(test.agent, name, ONCE), {
        ...{ repository, tags: ["2", "1"] },
      });
    });
  }
  await t.step("unless it is aborted", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await assertRejects(
      () => listRepositoryTags(test.agent, repository, { ...ONCE, signal }),
      Error,
      "enough",
    );
  });
});

Deno.test("listRepositoryTags() takes the first registry that has a short name", async () => {
  await using none = serveTags("other", []);
  await using server = serveTags("app", ["1"]);
  using test = testRuntime({
    registriesConf: `short-name-mode = "disabled"
unqualified-search-registries = ["${none.host}", "${server.host}"]
`,
  });
  assertEquals(await listRepositoryTags(test.agent, "app", ONCE), {
    ...{ repository: `${server.host}/app`, tags: ["1"] },
  });
  const error = await assertRejects(
    () => listRepositoryTags(test.agent, "none", ONCE),
    RegistryError,
  );
  const parts = error.message.split("; ");
  assertEquals(parts.length, 2, error.message);
  for (const [index, { host }] of [none, server].entries()) {
    assert(parts[index]?.includes(`${host}/none`), error.message);
  }
});

Deno.test("listRepositoryTags() throws the only failure as it is", async () => {
  await using server = serveTags("app", []);
  using test = testRuntime();
  const name = `${server.host}/none`;
  const error = await assertRejects(
    () => listRepositoryTags(test.agent, name, ONCE),
    RegistryError,
  );
  assert(error.message.startsWith(`Cannot list tags of "${name}"`));
  assert(!(error.cause instanceof AggregateError));
});

Deno.test("listRepositoryTags() refuses what is no repository", async (t) => {
  using test = testRuntime();
  const digest = `sha256:${"a".repeat(64)}`;
  const cases: readonly (readonly [string, string])[] = [
    ["a.test/b:1", ": a repository has no tag or digest"],
    [`a.test/b@${digest}`, ": a repository has no tag or digest"],
    ["docker://a.test/b:1", ": a repository has no tag or digest"],
    ["dir:/a", ': transport "dir" knows no repositories'],
    [
      "containers-storage:a.test/b",
      ': transport "containers-storage" knows no ' +
      "repositories",
    ],
  ];
  for (const [name, why] of cases) {
    await t.step(name, async () => {
      const error = await assertRejects(
        () => listRepositoryTags(test.agent, name),
        SyntaxError,
      );
      assertEquals(error.message, `Cannot list tags of "${name}"${why}`);
    });
  }
});
