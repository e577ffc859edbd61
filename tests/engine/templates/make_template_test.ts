import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import type { TemplateOptions } from "../../../src/engine/templates/make_template.ts";
import type { RuntimeSpec } from "../../../src/formats/oci/runtime_spec.ts";
import {
  addImage,
  containerOptions,
  describeStore,
  testPod,
} from "../../support/test_runtime.ts";

async function readTemplate(dir: string): Promise<RuntimeSpec> {
  return JSON.parse(await Deno.readTextFile(join(dir, "config.json")));
}

Deno.test("S49 createContainer() makes a template of the image's config", async () => {
  using test = await testPod();
  await addImage(test.agent, {
    names: ["localhost/web:1"],
    config: {
      User: "www",
      Env: ["A=1"],
      Entrypoint: ["/srv/run"],
      Cmd: ["--port=80"],
      WorkingDir: "/srv",
    },
    files: {
      "etc/passwd": "root:x:0:0::/root:\nwww:x:33:34::/srv/home:\n",
      "etc/group": "adm:x:4:www\n",
    },
  });
  const { dir, id } = await test.runtime.createContainer(
    containerOptions({
      imageName: "localhost/web:1",
      settings: { env: ["B=2"], args: ["--port=81"] },
    }),
  );
  const { process, hostname, root } = await readTemplate(dir);
  assertEquals(process?.args, ["/srv/run", "--port=81"]);
  assertEquals(process?.cwd, "/srv");
  const { uid, gid, additionalGids } = process?.user ?? {};
  assertEquals([uid, gid, additionalGids], [33, 34, [4, 34]]);
  for (const wanted of ["A=1", "B=2", "HOME=/srv/home"]) {
    assert(process?.env?.includes(wanted), wanted);
  }
  assertEquals(hostname, id.slice(0, 12));
  assertEquals(root?.path, "rootfs");
  assertEquals(test.mounter.table, []);
});

Deno.test("S49 createContainer() fails on an unknown user, and makes nothing", async () => {
  using test = await testPod();
  const before = await describeStore(test.agent);
  await assertRejects(
    () =>
      test.runtime.createContainer(
        containerOptions({ settings: { user: "nobody-knows" } }),
      ),
    TypeError,
    'Cannot find user "nobody-knows"',
  );
  assertEquals(await describeStore(test.agent), before);
});

Deno.test("S49 createContainer() takes a template of its caller", async () => {
  using test = await testPod();
  const template = {
    ociVersion: "1.1.0",
    process: { cwd: "/", args: ["/own"] },
    vendor: { kept: [1, 2] },
  };
  const { dir } = await test.runtime.createContainer(
    containerOptions({ template }),
  );
  assertEquals(await readTemplate(dir), template);
});

Deno.test("S49 createContainer() refuses a template that no runtime takes", async () => {
  using test = await testPod();
  const before = await describeStore(test.agent);
  for (
    const template of [
      { ociVersion: "2.0.0" },
      { ociVersion: "1.0.0", process: { cwd: "relative" } },
      { ociVersion: "1.0.0", process: { cwd: "/", env: ["=x"] } },
    ]
  ) {
    await assertRejects(
      () => test.runtime.createContainer(containerOptions({ template })),
      SyntaxError,
      "template of container",
    );
  }
  assertEquals(await describeStore(test.agent), before);
});

Deno.test("createContainer() knows nobody from a device as a user file", async () => {
  using test = await testPod();
  await addImage(test.agent, {
    names: ["localhost/web:1"],
    files: { "etc/passwd": "www:x:33:34::/srv/home:\n" },
  });
  const volumes = [{ source: "/dev/null", target: "/etc/passwd" }];
  const create = (user: string) =>
    test.runtime.createContainer(
      containerOptions({
        imageName: "localhost/web:1",
        settings: { user, volumes },
      }),
    );
  await assertRejects(() => create("www"), TypeError, 'find user "www"');
  const { dir } = await create("33");
  const { uid, gid } = (await readTemplate(dir)).process?.user ?? {};
  assertEquals([uid, gid], [33, 0]);
});

Deno.test("createContainer() refuses what of the host is not there, and makes nothing", async (t) => {
  using test = await testPod();
  const before = await describeStore(test.agent);
  const table: [TemplateOptions, string][] = [
    [{ volumes: [{ source: "/nope", target: "/x" }] }, "make it first"],
    [{ devices: [{ source: "/nope" }] }, "it is not there"],
    [{ devices: [{ source: "/etc" }] }, "one by one"],
    [{ limits: { cpusetCpus: "0,99999" } }, "Cannot use CPU 99999"],
  ];
  for (const [settings, message] of table) {
    await t.step(message, async () => {
      await assertRejects(
        () => test.runtime.createContainer(containerOptions({ settings })),
        TypeError,
        message,
      );
      assertEquals(await describeStore(test.agent), before);
    });
  }
});

Deno.test("createContainer() refuses what no start could read again", async () => {
  using test = await testPod();
  await addImage(test.agent, {
    names: ["localhost/big:1"],
    config: { Cmd: Array.from({ length: 400_000 }, () => "a") },
  });
  const before = await describeStore(test.agent);
  await assertRejects(
    () =>
      test.runtime.createContainer(
        containerOptions({ imageName: "localhost/big:1" }),
      ),
    TypeError,
    "at most 4194304 are possible",
  );
  assertEquals(await describeStore(test.agent), before);
});

Deno.test("makeTemplate() runs what is asked for, or the image's, or a shell", async (t) => {
  type Settings = Partial<TemplateOptions>;
  const cases: readonly (readonly [
    string,
    Readonly<Record<string, unknown>>,
    Settings,
    readonly string[] | "refused",
  ])[] = [
    ["the image's command", { Cmd: ["a", "b"] }, {}, ["a", "b"]],
    ["its entrypoint", { Cmd: [], Entrypoint: ["e"] }, {}, ["e"]],
    ["both", { Cmd: ["a"], Entrypoint: ["e"] }, {}, ["e", "a"]],
    ["other arguments", { Cmd: ["a"], Entrypoint: ["e"] }, { args: ["x"] }, [
      ...["e", "x"],
    ]],
    ["a shell", { Cmd: [] }, {}, ["/bin/sh"]],
    ["no shell", { Cmd: [] }, { missingCommand: "refuse" }, "refused"],
    ["arguments alone", { Cmd: [] }, { args: ["x"] }, ["x"]],
    ["an entrypoint alone", { Cmd: ["a"] }, { entrypoint: ["e"] }, ["e"]],
    ["no entrypoint, and no command", { Cmd: ["a"], Entrypoint: ["e"] }, {
      entrypoint: [],
    }, "refused"],
  ];
  for (const [name, config, settings, expected] of cases) {
    await t.step(name, async () => {
      using test = await testPod();
      const imageName = "localhost/other:1";
      await addImage(test.agent, { names: [imageName], config });
      const creating = test.runtime.createContainer(
        containerOptions({ imageName, settings }),
      );
      if (expected === "refused") {
        await assertRejects(() => creating, TypeError);
        return;
      }
      const { process } = await readTemplate((await creating).dir);
      assertEquals(process?.args, expected);
    });
  }
});
