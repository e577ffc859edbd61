import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import {
  ContainerNotFoundError,
  InvalidContainerIdError,
} from "../../../src/errors/not_found_errors.ts";
import { PolicyError } from "../../../src/errors/store_errors.ts";
import {
  containerOptions,
  testPod,
  type TestRuntime,
} from "../../support/test_runtime.ts";

async function readJson(...path: [string, ...string[]]) {
  return JSON.parse(await Deno.readTextFile(join(...path)));
}

async function countOf(
  { agent: { store } }: TestRuntime,
  root: string,
): Promise<number> {
  using _layers = await store.lock({ layers: "read" });
  using mounts = await store.lockMounts();
  return mounts.records.find(({ path }) => path === root)?.count ?? 0;
}

Deno.test("S42 startContainer() refuses what is unknown or empty", async () => {
  using test = await testPod();
  for (const id of ["", "none"]) {
    await assertRejects(
      () => test.runtime.startContainer(id),
      InvalidContainerIdError,
      "invalid container ID",
    );
  }
});

Deno.test("S42 startContainer() mounts nothing if metadata does not parse", async () => {
  using test = await testPod();
  {
    using held = await test.agent.store.lock({ containers: "write" });
    const record = held.containers.lookUp("web-pod");
    assert(record !== undefined);
    held.containers.update({ ...record, metadata: "{" });
    held.containers.save();
  }
  await assertRejects(
    () => test.runtime.startContainer("web-pod"),
    SyntaxError,
    "metadata",
  );
  assertEquals(test.mounter.table, []);
});

Deno.test("S42 startContainer() leaves containers of other tools alone", async (t) => {
  // What makes one another tool's: it tells nothing, or has no work dir.
  for (const metadata of [undefined, "", '{"name":"theirs"}']) {
    await t.step(metadata ?? "no metadata", async () => {
      using test = await testPod();
      {
        using held = await test.agent.store.lock({ containers: "write" });
        const record = held.containers.lookUp("web-pod");
        assert(record !== undefined);
        const { metadata: _, ...rest } = record;
        held.containers.update({
          ...{ ...rest, ...metadata === undefined ? {} : { metadata } },
        });
        held.containers.save();
      }
      await Deno.remove(await test.runtime.getWorkDir("web"), {
        recursive: true,
      });
      const error = await assertRejects(
        () => test.runtime.startContainer("web-pod"),
        PolicyError,
      );
      assertStringIncludes(error.message, "Cannot start container");
      assertEquals(test.mounter.table, []);
    });
  }
});

Deno.test("S42 startContainer() mounts nothing if the template does not parse", async () => {
  using test = await testPod();
  const dir = await test.runtime.getWorkDir("web");
  for (const text of ["{", "{}", '{"ociVersion":"9.0.0"}']) {
    await Deno.writeTextFile(join(dir, "config.json"), text);
    await assertRejects(() => test.runtime.startContainer("web"), SyntaxError);
  }
  assertEquals(test.mounter.table, []);
});

Deno.test("S43 S50 startContainer() mounts, and writes the bundle config", async () => {
  using test = await testPod();
  const { id, dir, runDir } = await test.runtime.createContainer(
    containerOptions(),
  );
  const before = await Deno.readTextFile(join(dir, "config.json"));
  const root = await test.runtime.startContainer(id);
  const mount = test.mounter.table.find(({ target }) => target === root);
  assertEquals(mount?.type, "overlay");
  assert(!mount?.options.includes("context="));
  const bundle = await readJson(runDir, "config.json");
  assertEquals(bundle.root.path, root);
  assertEquals(await Deno.readTextFile(join(dir, "config.json")), before);
  const template = JSON.parse(before);
  assertEquals({ ...bundle, root: template.root }, template);
});

Deno.test("S43 startContainer() mounts with the container's own label", async () => {
  using test = await testPod();
  const mountLabel = "u:r:t:s0";
  const { id } = await test.runtime.createContainer(
    containerOptions({ mountLabel }),
  );
  const root = await test.runtime.startContainer(id);
  const mount = test.mounter.table.find(({ target }) => target === root);
  assert(mount?.options.endsWith(`context="${mountLabel}"`));
});

Deno.test("S44 S45 starts and stops are counted", async () => {
  using test = await testPod();
  const { runtime } = test;
  const root = await runtime.startContainer("web");
  assertEquals(await runtime.startContainer("web-pod"), root);
  assertEquals(await countOf(test, root), 2);
  assert(!(await runtime.stopContainer("web")));
  assert(await test.mounter.isMounted(root));
  assert(await runtime.stopContainer("web"));
  assertEquals(test.mounter.table, []);
  assertEquals(await countOf(test, root), 0);
});

Deno.test("S45 O10 stopContainer() distinguishes an empty ID from an unknown one", async () => {
  using test = await testPod();
  await assertRejects(
    () => test.runtime.stopContainer(""),
    InvalidContainerIdError,
    "invalid container ID",
  );
  await assertRejects(
    () => test.runtime.stopContainer("none"),
    ContainerNotFoundError,
  );
});

Deno.test("O11 stopping what is not mounted succeeds, and counts nothing", async () => {
  using test = await testPod();
  const { runtime } = test;
  for (let n = 0; n < 3; n++) {
    assert(await runtime.stopContainer("web"));
  }
  const root = await runtime.startContainer("web");
  assertEquals(await countOf(test, root), 1);
  await runtime.startContainer("web");
  assert(await runtime.stopContainer("web", { mode: "all" }));
  assertEquals(await countOf(test, root), 0);
});

Deno.test("O12 a count without a mount is none", async () => {
  using test = await testPod();
  const { runtime } = test;
  const root = await runtime.startContainer("web");
  await runtime.startContainer("web");
  test.mounter.reboot(); // the run root was on a disk: the count stays
  assertEquals(await countOf(test, root), 2);
  assertEquals(await runtime.startContainer("web"), root);
  assert(await test.mounter.isMounted(root));
  assertEquals(await countOf(test, root), 1);
});

Deno.test("S50 O19 startContainer() heals a lost run directory", async () => {
  using test = await testPod();
  await test.runtime.startContainer("web");
  const runDir = await test.runtime.getRunDir("web");
  await Deno.remove(test.dir.join("run"), { recursive: true });
  test.mounter.reboot();
  const root = await test.reopen().runtime.startContainer("web");
  assertEquals((await readJson(runDir, "config.json")).root.path, root);
});

Deno.test("S49 startContainer() makes a lost template again", async () => {
  using test = await testPod();
  const dir = await test.runtime.getWorkDir("web");
  const before = await readJson(dir, "config.json");
  await Deno.remove(dir, { recursive: true });
  await test.runtime.startContainer("web");
  assertEquals(await readJson(dir, "config.json"), before);
  assert(test.messages.some((message) => message.includes("it was lost")));
});

Deno.test("S50 startContainer() keeps what a caller changed in the template", async () => {
  using test = await testPod();
  const dir = await test.runtime.getWorkDir("web");
  const template = await readJson(dir, "config.json");
  const text = JSON.stringify({
    ...template,
    root: { path: "/elsewhere", readonly: true },
    hooks: { prestart: [{ path: "/bin/hook" }] },
  }).replace(/}$/, ',"limit":18446744073709551615}');
  await Deno.writeTextFile(join(dir, "config.json"), text);
  const root = await test.runtime.startContainer("web");
  const runDir = await test.runtime.getRunDir("web");
  const bundle = await readJson(runDir, "config.json");
  assertEquals(bundle.root, { path: root, readonly: true });
  assertEquals(bundle.hooks.prestart[0].path, "/bin/hook");
  const written = await Deno.readTextFile(join(runDir, "config.json"));
  assert(written.includes("18446744073709551615"));
  assertEquals(await Deno.readTextFile(join(dir, "config.json")), text);
});

Deno.test("S50 startContainer() undoes its mount if it cannot write", async () => {
  using test = await testPod();
  const runDir = await test.runtime.getRunDir("web");
  await Deno.mkdir(join(runDir, "config.json"));
  await assertRejects(() => test.runtime.startContainer("web"));
  assertEquals(test.mounter.table, []);
});
